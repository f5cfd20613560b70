"""Memory errors as the kernel's memory controller drivers count them (EDAC), and which DIMM each count is of.

A driver lists its modules as mcN/dimmN or mcN/rankN, older kernels as mcN/csrowN with channels. What a module is
called (`dimm_label`) is the driver's choice: ghes_edac takes the firmware's names, user space (rasdaemon) may write the
board's, and what nobody wrote is a place within the processor ("CPU_SrcID#0_MC#1_Chan#0_DIMM#0"), which names no slot.
So a count is given to a DIMM only where the label is that of one slot; it is never guessed from the place.
Source: Documentation/ABI/testing/sysfs-devices-edac of the kernel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from metalctl.model.frus import fru
from metalctl.model.inventory import Dimm
from metalctl.model.parts import last_word_of_slot, slot

ROOT = "/sys/devices/system/edac/mc"

# A file's text, "" when it cannot be read; what a directory holds, [] when it cannot be read.
Text = Callable[[str], str]
Names = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Module:
    """What a driver counts as one module. place: "mc0 dimm3"; label, location: its words for it.

    corrected, uncorrected: errors since the driver was loaded; None when it does not count them by module.
    mode: how it is protected ("S4ECD4ED", "None"), "" when not stated. unreadable: counters that are there and hold no
    number.
    """

    place: str
    label: str = ""
    location: str = ""
    corrected: int | None = None
    uncorrected: int | None = None
    mode: str = ""
    unreadable: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How a person reads it: the place, with the driver's word where it has one."""
        return f"{self.place} ({self.label or self.location})" if self.label or self.location else self.place


def controllers(names: Names) -> list[str]:
    """The memory controllers, "mc0"…; none without a driver."""
    return sorted(n for n in names(ROOT) if re.fullmatch(r"mc\d{1,4}", n))


def modules(names: Names, text: Text, controller: str) -> list[Module]:
    base = f"{ROOT}/{controller}"
    listed = names(base)
    places = _in_order(listed, r"(?:dimm|rank)\d{1,4}")
    found = [_module(names, text, f"{base}/{n}", f"{controller} {n}") for n in places]
    if found:
        return found
    return [m for n in _in_order(listed, r"csrow\d{1,4}") for m in _channels(names, text, base, controller, n)]


def _in_order(listed: Iterable[str], pattern: str) -> list[str]:
    return sorted((n for n in listed if re.fullmatch(pattern, n)), key=lambda n: (len(n), n))


def _module(names: Names, text: Text, base: str, place: str) -> Module:
    counts = {name: number(text(f"{base}/{name}")) for name in ("dimm_ce_count", "dimm_ue_count")}
    return Module(
        place=place,
        label=text(f"{base}/dimm_label"),
        location=text(f"{base}/dimm_location"),
        corrected=counts["dimm_ce_count"],
        uncorrected=counts["dimm_ue_count"],
        mode=text(f"{base}/dimm_edac_mode"),
        unreadable=tuple(name for name in names(base) if counts.get(name, 0) is None),
    )


def _channels(names: Names, text: Text, base: str, controller: str, row: str) -> list[Module]:
    """A chip-select row counts corrected errors by channel, uncorrected ones only as a whole."""
    counted = _in_order(names(f"{base}/{row}"), r"ch\d{1,3}_ce_count")
    whole = number(text(f"{base}/{row}/ue_count")) if len(counted) == 1 else None
    channels = [n.removesuffix("_ce_count") for n in counted]
    counts = {c: number(text(f"{base}/{row}/{c}_ce_count")) for c in channels}
    return [
        Module(
            place=f"{controller} {row} {channel}",
            label=text(f"{base}/{row}/{channel}_dimm_label"),
            corrected=counts[channel],
            uncorrected=whole,
            mode=text(f"{base}/{row}/edac_mode"),
            unreadable=() if counts[channel] is not None else (f"{channel}_ce_count",),
        )
        for channel in channels
    ]


def number(text: str) -> int | None:
    """A count of a file; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def dimm_of(label: str, dimms: Sequence[Dimm]) -> Dimm | None:
    """The populated slot that the label names, by its whole name or its last word; None when none or several do."""
    asked = Dimm(label, 1)
    if not label or not (wanted := slot(asked)):
        return None
    # The label may have the bank before the slot, where the table has the slot alone.
    for key, name in ((slot, wanted), (last_word_of_slot, wanted), (slot, last_word_of_slot(asked))):
        named = [d for d in dimms if d.size > 0 and d.slot and key(d) == name]
        if len(named) == 1:
            return named[0]
    return None


def part_of(label: str, dimms: Sequence[Dimm]) -> str:
    """How a person finds the module that a label names; "dimm LABEL" when it is of no slot, "memory" without one."""
    dimm = dimm_of(label, dimms)
    return str(fru(dimm)) if dimm else f"dimm {label}" if label else "memory"


def by_dimm(found: Iterable[Module], dimms: Iterable[Dimm]) -> tuple[dict[str, list[Module]], list[Module]]:
    """(slot → its modules: a DIMM of several ranks may have several; the modules whose label names no slot)."""
    fitted = [d for d in dimms if d.size > 0]
    joined: dict[str, list[Module]] = {}
    unnamed = []
    for module in found:
        dimm = dimm_of(module.label, fitted)
        if dimm is None:
            unnamed.append(module)
        else:
            joined.setdefault(dimm.slot, []).append(module)
    return joined, unnamed


def total(counts: Iterable[int | None]) -> int | None:
    """The sum; None when one of them is not known."""
    known = list(counts)
    return sum(c for c in known if c is not None) if known and None not in known else None
