"""Which facts both sides mean alike, how they are compared, and what a contradiction asks a person to do: a table.

A fact that is not here is kept with both values and never compared: names, makers and part numbers differ between tools
(a SCSI disk's model is cut off, a BMC tells its vendor's own part number), and a false alarm on every machine hides the
true one. A part that was swapped is known by its serial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from metalctl.model.finding import Finding, Fru
from metalctl.model.merge import _same as same
from metalctl.model.units import format_rate, format_size
from metalctl.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Rule:
    """How a fact is compared. unit: "B" or "b/s" for what people read; severity as in Finding."""

    same: same.Same
    remedy: str
    unit: str = ""
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class Reading:
    """One side's value of a fact. side: "out-of-band" or "in-band"; source: where that side read it."""

    side: str
    value: Any
    source: str


_RESEAT = "reseat the module, update the BMC's inventory with a power cycle, and inspect again; replace it if it stays"
_STALE = (
    "the BMC shows an old inventory or the part was swapped: power cycle the node (not only reset) and inspect again"
)
_FLASH = "one side still runs or shows the version from before an update: power cycle the node, then read both again"
_UNKNOWN_KIND = frozenset({"", "unknown"})

RULES: dict[tuple[str, str], Rule] = {
    ("machine", "cpu.sockets"): Rule(same.exact, "a processor is disabled or not seated: read the firmware's log, then "
                                     "reseat it"),
    ("machine", "cpu.cores"): Rule(same.exact, "cores are switched off in firmware setup, or by the kernel's command "
                                   "line (maxcpus, isolated or offline CPUs): enable them and inspect again"),
    ("machine", "cpu.threads"): Rule(same.exact, "SMT is off on one side: look at firmware setup (Logical Processor, "
                                     "SMT) and at the kernel's nosmt"),
    ("machine", "cpu.model"): Rule(same.words, _STALE),
    ("machine", "cpu.firmware_locked"): Rule(same.exact, "enable VT-x or SVM in firmware setup and power cycle"),
    ("machine", "memory.ecc"): Rule(same.exact, "look at the ECC setting in firmware setup and at the modules' type"),
    ("machine", "boot_mode"): Rule(same.exact, "the boot mode was changed and not yet used, or this boot took another "
                                   "path: set it (uefi) and power cycle"),
    ("machine", "secure_boot"): Rule(same.exact, "Secure Boot was changed and takes effect with the next boot: power "
                                     "cycle and inspect again"),
    ("machine", "tpm.present"): Rule(same.exact, "enable the TPM in firmware setup, or reseat the module"),
    ("machine", "tpm.version"): Rule(same.words, "look at the TPM's mode in firmware setup"),
    ("machine", "manager.mac"): Rule(same.text, "the BMC that was asked may not be this machine's: compare its "
                                     "serial and address with the rack's plan", severity="warning"),
    ("machine", "manager.firmware"): Rule(same.version, _FLASH, severity="warning"),
    ("package", "model"): Rule(same.words, _STALE),
    ("package", "cores"): Rule(same.exact, "cores of this processor are switched off in firmware setup: enable them"),
    ("package", "microcode"): Rule(same.hexadecimal, "the operating system loaded newer microcode than the firmware "
                                   "carries: update the firmware", severity="warning"),
    ("package", "serial"): Rule(same.serial, _STALE),
    ("dimm", "size"): Rule(same.near(0.02), f"the module is read as another size: {_RESEAT}", "B"),
    ("dimm", "serial"): Rule(same.serial, f"one side knows another module in this slot: {_STALE}"),
    ("dimm", "rank"): Rule(same.exact, _RESEAT),
    ("dimm", "type"): Rule(same.words, _STALE),
    ("dimm", "configured_mts"): Rule(same.near(0.01), "memory runs at another speed than the BMC believes: look at the "
                                     "memory speed in firmware setup and at how the channels are populated"),
    ("disk", "size"): Rule(same.near(0.02), "the disk shows another size inside: a host-protected area, a volume, or "
                           "another namespace layout; remove it or replace the disk", "B"),
    ("disk", "serial"): Rule(same.serial, _STALE),
    ("disk", "kind"): Rule(same.unless(_UNKNOWN_KIND, same.exact), _STALE, severity="warning"),
    ("disk", "firmware"): Rule(same.version, _FLASH),
    ("disk", "health.status"): Rule(same.exact, "one side predicts the disk's failure: believe it, and replace the "
                                    "disk"),
    ("nic", "mac"): Rule(same.text, _STALE),
    ("nic", "link"): Rule(same.exact, "reseat cable and transceiver at both ends, and see that the port is up in the "
                          "switch and in the kernel", severity="warning"),
    ("nic", "speed"): Rule(same.exact, "the port negotiated again between the two readings, or has a marginal link: "
                           "reseat cable and transceiver, and inspect again", "b/s"),
    ("nic", "firmware"): Rule(same.version, _FLASH, severity="warning"),  # some BMCs tell the package's version
    ("controller", "firmware"): Rule(same.version, _FLASH),
    ("controller", "serial"): Rule(same.serial, _STALE),
    ("volume", "level"): Rule(same.text, "read the controller's own log; the volume was made again"),
    ("power supply", "present"): Rule(same.exact, "reseat the power supply, and trust the BMC: the firmware's table is "
                                      "from the last boot"),
    ("power supply", "serial"): Rule(same.serial, "the power supply was swapped since the last boot: power cycle",
                                     severity="warning"),
    ("power supply", "health"): Rule(same.exact, "look at the supply's LED and its cord; replace it if it stays"),
    ("firmware", "version"): Rule(same.version, _FLASH),
}  # fmt: skip


def contradiction(fact: str, rule: Rule, part: str, readings: Sequence[Reading], frus: tuple[Fru, ...] = ()) -> Finding:
    """The finding: expected is what the BMC says, got what the machine says, each with where it was read."""
    outside, inside = readings
    return Finding(
        requirement=f"sources.{fact}",
        verdict=Verdict.FAIL,
        expected=f"{written(outside.value, rule.unit)} ({outside.source})",
        got=f"{written(inside.value, rule.unit)} ({inside.source})",
        part=part,
        source=f"{outside.source}; {inside.source}",
        remedy=rule.remedy,
        severity=rule.severity,
        frus=frus,
    )


def written(value: Any, unit: str) -> str:
    """A value as a person reads it."""
    if unit == "B":
        return format_size(value) if value else "empty"
    if unit == "b/s":
        return format_rate(value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
