"""Hardware errors among the entries of a BMC's event log: a pure parser of ipmitool's lines and of read entries.

Counted are entries of memory, processors and PCIe; what a sensor takes back ("Deasserted") is none.
Source: IPMI 2.0, table 42-3; `ipmitool sel elist` of 1.8.18 and 1.8.19, which print two or four digits of the year, the
time zone or none, and the DIMM in a column of its own or in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})")
_STAMP = re.compile(r"\d{1,2}/\d{1,2}/|\d{1,2}:\d{2}:\d{2}|\d{10}$|Pre-Init|Unspecified$")
_TIME = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})( [AP]M)?")
_RAM, _PCI, _CPU = r"\b(?:dimm\w*|memory|ecc)\b", r"(?:\bpci|\bbus\b|critical interrupt)", r"(?:processor|\bcpu)"
_STORM = r"limit (?:of .*)?reached|limit of correct|logging disabled|exceeded"
_GOOD, _BAD = r"(?<!un)correct(?:able|ed)|single-?bit", r"uncorrect(?:able|ed)|multi-?bit"
# Of memory: a word that table 42-3 has no "uncorrectable" in, and that says as much.
_LOST = r"\bparity\b|scrub fail|device disabled"
_DEAD = r"\bierr\b|internal error|thermal trip|machine ch(?:ec)?k|uncorrect\w* cpu|\bfrb[13]\b|\bbist fail"
_PCI_FATAL = r"(?<!non-)(?<!non)\bfatal|\bserr\b|system error|i/o channel check"
# An event that says that all is well again, or never was otherwise; some sensors assert it.
_TAKEN_BACK = re.compile(r"\bdeasserted\b|\bnot exceeded\b|transition to ok\b")


def _both(one: str, other: str) -> str:
    """Both in a text, in any order."""
    return rf"(?=.*(?:{one}))(?=.*(?:{other}))"


# The first that fits an entry is taken.
_KINDS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("memory-storm", _both(_RAM, _GOOD) + rf"(?=.*(?:{_STORM}))"),
        ("memory-uncorrected", _both(_RAM, _BAD)),
        ("memory-corrected", _both(_RAM, _GOOD)),
        ("memory-storm", _both(_RAM, "logging limit reached")),
        ("memory-uncorrected", _both(_RAM, _LOST)),
        ("cpu-corrected", _both(_CPU, rf"(?:{_GOOD}) machine check")),
        ("cpu-uncorrected", _both(_CPU, _DEAD)),
        ("cpu-uncorrected", r".*(?:\bcaterr\b|unrecoverable system error)"),
        ("pcie-corrected", _both(_PCI, _GOOD)),
        ("pcie-fatal", _both(_PCI, _PCI_FATAL)),
        ("pcie-nonfatal", _both(_PCI, rf"{_BAD}|\bperr\b|parity error|non-?fatal")),
    )
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One error. at: by the BMC's clock, None when the entry has no time. text: all that it says."""

    kind: str
    at: datetime | None
    text: str


def parse(elist: str) -> list[Entry]:
    """The errors among the lines of `ipmitool sel elist`."""
    return [entry for line in elist.splitlines() if (entry := _line(line))]


def _line(line: str) -> Entry | None:
    columns = [column.strip() for column in line.split("|")]
    if len(columns) < 4 or "Deasserted" in columns:
        return None
    text = " ".join(c for c in columns[1:] if c and c != "Asserted" and not _STAMP.match(c))
    kind = kind_of(text)
    return Entry(kind, when(" ".join(columns[1:3])), text) if kind else None


def kind_of(text: str) -> str:
    """Of metalctl.model.watch.KINDS, "" for what is no error."""
    folded = text.lower()
    if _TAKEN_BACK.search(folded):
        return ""
    return next((kind for kind, pattern in _KINDS if pattern.match(folded)), "")


def given(entries: Iterable[tuple[str, str]]) -> Iterator[Entry]:
    """The errors among entries that were read from outside: (ISO 8601 time, text)."""
    for at, text in entries:
        if kind := kind_of(text):
            try:
                yield Entry(kind, datetime.fromisoformat(at).replace(tzinfo=None), text)
            except ValueError:
                yield Entry(kind, None, text)


def when(text: str) -> datetime | None:
    """The time in what ipmitool prints, None where it prints none ("Pre-Init", seconds since the BMC started)."""
    date, clock = _DATE.search(text), _TIME.search(text)
    if not date or not clock:
        return None
    month, day, year = (int(n) for n in date.groups())
    hour, minute, second = (int(n) for n in clock.groups()[:3])
    if clock.group(4):
        hour = hour % 12 + (12 if clock.group(4).strip() == "PM" else 0)
    try:
        return datetime(year if year > 99 else 2000 + year, month, day, hour, minute, second)
    except ValueError:
        return None
