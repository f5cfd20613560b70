"""Hardware errors among the entries of a BMC's event log: a pure parser of ipmitool's lines and of read entries.

Words of memory, processors and PCIe that makers vary are patterns here; those of table 42-3, of drives, supplies, fans
and temperatures are data (sel.toml). What a sensor takes back ("Deasserted") is none; a state, such as a drive's fault,
that it took back later is told and not judged. What is of no kind and not harmless is told as "other".
Source: IPMI 2.0, table 42-3; `ipmitool sel elist` of 1.8.18 and 1.8.19, which print two or four digits of the year, the
time zone or none, and the DIMM in a column of its own or in brackets.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

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


# What two entries are about, where no sensor is named: "power supply 2".
_COMPONENT = re.compile(r"\b(?:power supply|fan|drive|disk|psu)\s*#?\w*\d\w*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One error. kind: "" for what is only told. at: by the BMC's clock, None when the entry has no time.

    text: all that it says. about: what a later entry that takes it back is about, too.
    """

    kind: str
    at: datetime | None
    text: str
    about: str = ""
    taken_back: str = ""

    @property
    def what(self) -> str:
        """Its kind, or what it was."""
        return self.kind or (f"{self.taken_back}, taken back" if self.taken_back else "other")


def parse(elist: str) -> list[Entry]:
    """The errors among the lines of `ipmitool sel elist`."""
    return _standing(_line(line) for line in elist.splitlines())


def _line(line: str) -> Entry | tuple[str, ...]:
    """An entry, or what a line takes back: () for a line that says nothing."""
    columns = [column.strip() for column in line.split("|")]
    if len(columns) < 4:
        return ()
    words = [c for c in columns[1:] if c not in ("", "Asserted", "Deasserted") and not _STAMP.match(c)]
    about, text = " ".join(words[:2]), " ".join(words)
    kind = kind_of(text)
    if "Deasserted" in columns or (not kind and _TAKEN_BACK.search(text.lower())):
        return (about,)
    if not kind and harmless(*words[:2]):
        return ()
    return Entry(kind, when(" ".join(columns[1:3])), about if is_state(kind) else text, about)


def _standing(found: Iterable[Entry | tuple[str, ...]]) -> list[Entry]:
    """The entries, those of a state that was taken back later as told only."""
    entries: list[Entry] = []
    for one in found:
        if isinstance(one, Entry):
            entries.append(one)
        elif one:
            entries = [_taken_back(e) if e.about in one and is_state(e.kind) else e for e in entries]
    return entries


def _taken_back(entry: Entry) -> Entry:
    return replace(entry, kind="", taken_back=entry.kind)


def kind_of(text: str) -> str:
    """Of metalctl.model.watch.KINDS, "" for what is no error, or of no kind."""
    folded = text.lower()
    if _TAKEN_BACK.search(folded):
        return ""
    found = next((kind for kind, pattern in _KINDS if pattern.match(folded)), "")
    return found or next((r["kind"] for r in _rules() if _any(r["of"], folded) and _any(r["says"], folded)), "")


def harmless(sensor: str, event: str = "") -> bool:
    """Whether an event says that nothing is wrong. A reset is no fault, but one by a watchdog is worth a line."""
    table = _table()["harmless"]
    return event.lower() in table["says"] and not _any(table["not_of"], sensor.lower())


def is_state(kind: str) -> bool:
    """Whether it holds until the sensor takes it back."""
    return any(rule["kind"] == kind and rule.get("state") for rule in _rules())


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("sel.toml").read_text(encoding="utf-8"))


def _rules() -> list[dict[str, Any]]:
    return list(_table()["rules"])


def _any(words: Iterable[str], folded: str) -> bool:
    return any(_whole(word).search(folded) for word in words)


@cache
def _whole(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")


def given(entries: Iterable[tuple[str, str, str]]) -> list[Entry]:
    """The errors among entries that were read from outside: (ISO 8601 time, severity, text)."""
    return _standing(_given(*entry) for entry in entries)


def _given(at: str, severity: str, text: str) -> Entry | tuple[str, ...]:
    component = _COMPONENT.search(text.lower())
    about = component[0] if component else text.lower().removesuffix(" (no longer)")
    if severity == "ok":
        return (about,)
    kind = kind_of(text)
    if not kind and (not severity or _TAKEN_BACK.search(text.lower())):
        return ()
    try:
        time = datetime.fromisoformat(at).replace(tzinfo=None)
    except ValueError:
        time = None
    return Entry(kind, time, text, about)


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
