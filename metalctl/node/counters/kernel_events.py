"""Hardware errors among the lines of the kernel's log: a pure parser.

Known are EDAC's own lines, machine checks (Intel's one line a bank, AMD's decoded ones), records of the firmware (APEI:
GHES now, BERT of the boot before), PCIe errors (AER) and pages that were taken out of use. What a driver says of itself
when it is loaded is no error. Source: drivers/edac, drivers/acpi/apei, drivers/firmware/efi/cper.c,
drivers/pci/pcie/aer.c and arch/x86/kernel/cpu/mce of the kernel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_HARDWARE = "[Hardware Error]: "
_EDAC = re.compile(r"EDAC (?:\S+ )?MC\d+: (?:(\d{1,9}) )?(CE|UE)\b(?:.* on (.+?) \(|.*label \"([^\"]*)\")?")
_POISON = re.compile(r"Memory failure: 0x[0-9a-f]+: recovery action for |mce: Uncorrected hardware memory error ")
_INTEL = re.compile(r"CPU (\d+): Machine Check(?: Exception)?: \S+ Bank (\d+): ([0-9a-f]{1,16})\b")
_AMD = re.compile(r"CPU:(\d+) \([^)]*\) MC\d+_STATUS\[([^\]]*)\]")
_AER = re.compile(r"([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]): PCIe Bus Error: severity=(\w+)(?: \(([\w-]+)\))?")
# A port that was contained, or a bus that called for help by NMI, without AER's own line.
_CONTAINED = re.compile(r"([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]): DPC: containment event\b")
_NMI = re.compile(r"NMI: (?:PCI system error \(SERR\)|IOCK error)")
# EDAC's drivers of other things than memory: buses ("EDAC PCI0"), caches and links ("EDAC DEVICE1").
_EDAC_PCI = re.compile(r"EDAC PCI\d*: .*(?:parity error|Signaled System Error)(?: on ([0-9a-f:.]{12}))?", re.IGNORECASE)
_EDAC_DEVICE = re.compile(r"EDAC DEVICE\d+: (CE|UE)\b")
_RECORD = re.compile(r"(\{\d+\})\[Hardware Error\]: (.*)")
_DIMM = re.compile(r"DIMM location: (?!not present)(.+?)\.?\s*$|fru_text: (.*(?:DIMM|Chn).*)$", re.IGNORECASE)
_STATUS = re.compile(r"error status/mask=([0-9a-f]{8})/")
_UNSUPPORTED = 1 << 20  # Unsupported Request
_UNCORRECTED = 1 << 61  # bit UC of MCi_STATUS
_AMD_MEMORY = ("Unified Memory Controller", "DRAM ECC")
_SECTIONS = {"memory error": "memory", "PCIe error": "pcie"}

KEPT = re.compile(
    r"\[Hardware Error\]|EDAC |PCIe Bus Error|error status/mask=|Memory failure: |BERT: |DPC: containment|NMI: |"
    r"mce: Uncorrected "
)
"""What a line that can matter looks like; the rest of the log need not be kept."""


@dataclass(frozen=True, slots=True)
class Event:
    """kind: of metalctl.model.watch.KINDS, "" for what is no error. label: the DIMM's or the PCI address, "" when the
    line names none. what: in a few words."""

    kind: str
    what: str
    label: str = ""
    count: int = 1


def parse(lines: Sequence[str]) -> list[Event]:
    """Every error, in the order of the log. lines: without time stamps."""
    return [*_plain(lines), *_records(lines), *_boot_before(lines)]


def _plain(lines: Sequence[str]) -> Iterator[Event]:
    for number, line in enumerate(lines):
        if match := _AMD.search(line):
            yield _decoded(match, lines[number + 1 : number + 8])
        elif match := _AER.search(line):
            address, severity, fatal = match.groups()
            kind = "pcie-corrected" if severity.startswith("Correct") else _uncorrected(fatal, lines[number + 1 :][:1])
            yield Event(kind, f"PCIe error, {severity.lower()}", address)
        else:
            yield from _of_one_line(line)


def _of_one_line(line: str) -> Iterator[Event]:
    if match := _EDAC.search(line):
        count, sort, label, older = match.groups()
        kind = "memory-uncorrected" if sort == "UE" else "memory-corrected"
        yield Event(kind, f"EDAC {sort}", label or older or "", int(count or 1))
    elif _POISON.search(line):
        yield Event("memory-uncorrected", "page taken out of use")
    elif match := _INTEL.search(line):
        yield _machine_check(match)
    elif "Machine check events logged" in line:
        yield Event("cpu-corrected", "machine checks logged")
    else:
        yield from _of_buses(line)


def _of_buses(line: str) -> Iterator[Event]:
    if match := _CONTAINED.search(line):
        yield Event("pcie-nonfatal", "PCIe port contained (DPC)", match.group(1))
    elif _NMI.search(line):
        yield Event("pcie-fatal", "bus error by NMI", "bus")
    elif match := _EDAC_PCI.search(line):
        yield Event("pcie-nonfatal", "EDAC, bus error", match.group(1) or "bus")
    elif match := _EDAC_DEVICE.search(line):
        yield Event(f"cpu-{'uncorrected' if match.group(1) == 'UE' else 'corrected'}", "EDAC, device", "machine")


def _uncorrected(word: str | None, following: Sequence[str]) -> str:
    """A request that the device does not know, which many are asked while they are enumerated, is no fault."""
    status = next((m.group(1) for line in following if (m := _STATUS.search(line))), "")
    if word == "Fatal":
        return "pcie-fatal"
    return "" if status and int(status, 16) == _UNSUPPORTED else "pcie-nonfatal"


def _machine_check(match: re.Match[str]) -> Event:
    cpu, bank, status = match.group(1), match.group(2), int(match.group(3), 16)
    thing = "memory" if status & 0xEF80 == 0x80 else "cpu"
    sort = "uncorrected" if status & _UNCORRECTED else "corrected"
    return Event(f"{thing}-{sort}", f"machine check, bank {bank}", "" if thing == "memory" else f"cpu {cpu}")


def _decoded(match: re.Match[str], following: Sequence[str]) -> Event:
    cpu, flags = match.group(1), match.group(2).split("|")
    bad = {"UE", "UC", "UECC", "Deferred", "Poison"} & set(flags)
    own = []
    for line in following:
        if _AMD.search(line) or _HARDWARE not in line:
            break
        own.append(line)
    thing = "memory" if any(word in line for line in own for word in _AMD_MEMORY) else "cpu"
    label = "" if thing == "memory" else f"cpu {cpu}"
    return Event(f"{thing}-{'uncorrected' if bad else 'corrected'}", "machine check", label)


def _records(lines: Iterable[str]) -> Iterator[Event]:
    """What the firmware reports now: lines of one number in braces are one record."""
    records: dict[tuple[str, int], list[str]] = {}
    starts: dict[str, int] = {}
    for line in lines:
        if match := _RECORD.search(line):
            number, text = match.groups()
            if text.startswith("Hardware error from APEI"):
                starts[number] = starts.get(number, 0) + 1
            records.setdefault((number, starts.get(number, 0)), []).append(text)
    for texts in records.values():
        yield _record(texts)


def _record(texts: list[str]) -> Event:
    severity = _after(texts, "event severity:")
    section = _after(texts, "section_type:")
    thing = _SECTIONS.get(section, "cpu")
    what = f"firmware reports {section or 'an error'}, {severity or 'of unknown severity'}"
    label = _label(thing, section, texts)
    if severity in ("corrected", "info"):
        return Event("" if severity == "info" else f"{thing}-corrected", what, label)
    worst = f"pcie-{'fatal' if severity == 'fatal' else 'nonfatal'}" if thing == "pcie" else f"{thing}-uncorrected"
    return Event(worst, what, label)


def _label(thing: str, section: str, texts: list[str]) -> str:
    if thing == "memory":
        return next((m.group(1) or m.group(2) for t in texts if (m := _DIMM.search(t))), "")
    return _after(texts, "device_id:") if thing == "pcie" else "" if "processor" in section else "machine"


def _after(texts: Iterable[str], name: str) -> str:
    return next((t.strip().removeprefix(name).strip() for t in texts if t.strip().startswith(name)), "")


def _boot_before(lines: Iterable[str]) -> Iterator[Event]:
    """Each line by which the kernel opens what the boot before left behind."""
    for line in lines:
        if line.startswith("BERT: ") and ("Error records from previous boot" in line or "Skipped" in line):
            yield Event("previous-boot", "error records of the boot before")
