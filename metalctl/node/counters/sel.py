"""The BMC's event log as a source of errors: the source "sel", by ipmitool, or as the controller read it from outside.

A log that has overflowed takes no more entries and says nothing of what happened since. That it is a log of memory
errors is believed only where the BMC has a sensor of memory. What the controller hands in was read before the run: its
entries count, and it does not stand for what happens during the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from metalctl.model.frus import fru
from metalctl.model.inventory import Dimm
from metalctl.model.parts import folded
from metalctl.node import tool
from metalctl.node.counters import sel_events
from metalctl.node.counters.snapshot import Counter, Snapshot, logged
from metalctl.node.errors import ToolFailed
from metalctl.node.inspect.bmc import fields

_DEVICES = ("dev/ipmi0", "dev/ipmi/0", "dev/ipmidev/0")
_TIMEOUT = 120.0  # a long log over a slow interface
_PARTS = {"cpu": "processors", "pcie": "pcie", "drive": "drive", "power": "power", "cooling": "cooling"}


class Sel:
    """One run's view of the log. given: (ISO 8601 time, severity, text) of each entry that was read from outside."""

    def __init__(
        self, root: Path, dimms: Sequence[Dimm], history: float | None, given: Iterable[tuple[str, str, str]] = ()
    ) -> None:
        self._root, self._dimms, self._history, self._given = root, dimms, history, tuple(given)
        self._sensors: str | None = None

    def look(self) -> Snapshot:
        """The errors in the log, by part and kind."""
        try:
            why = self._full()
            now, entries = self._now(), sel_events.parse(_ipmitool("sel", "elist"))
        except ToolFailed as failed:
            outside = sel_events.given(self._given)
            values = self._counted(outside, max((e.at for e in outside if e.at), default=None))
            return Snapshot(values, sources={"sel": failed.message})
        return Snapshot(self._counted(entries, now), sources={"sel": why, "sel:memory": why or self._memory()})

    def _full(self) -> str:
        """Why the log does not say all, "" when it does; ToolFailed when it cannot be read."""
        if not any((self._root / path).exists() for path in _DEVICES):
            raise ToolFailed("there is no IPMI device (/dev/ipmi0)", hint="modprobe ipmi_si ipmi_devintf")
        told = fields(_ipmitool("sel", "info"))
        # "Percent Used : 100%" says nothing: BMCs whose log grows with their disk state no free space.
        if told.get("Overflow", "").lower() == "true":
            return "the BMC's event log has overflowed: it may take no more entries"
        return ""

    def _now(self) -> datetime | None:
        """The BMC's own clock, by which its entries are dated; None when it does not tell."""
        try:
            return sel_events.when(_ipmitool("sel", "time", "get"))
        except ToolFailed:
            return None

    def _memory(self) -> str:
        if self._sensors is None:
            try:
                found = _ipmitool("sdr", "type", "Memory").strip()
                self._sensors = "" if found else "the BMC has no sensor of memory, so it may not log memory errors"
            except ToolFailed as failed:
                self._sensors = failed.message
        return self._sensors

    def _counted(self, entries: Iterable[sel_events.Entry], now: datetime | None) -> dict[Counter, int]:
        found: dict[Counter, int] = {}
        for entry in entries:
            old = self._is_old(entry, now)
            counter = logged(self._part(entry), "BMC log", entry.what, entry.kind, old=old)
            found[counter] = found.get(counter, 0) + 1
        return found

    def _is_old(self, entry: sel_events.Entry, now: datetime | None) -> bool:
        """One without a time was written before the BMC had its clock: nobody knows how long ago."""
        if self._history is None:
            return False
        return entry.at is None or (now is not None and now - entry.at > timedelta(seconds=self._history))

    def _part(self, entry: sel_events.Entry) -> str:
        if entry.kind.startswith("memory"):
            dimm = named(entry.text, self._dimms)
            return str(fru(dimm)) if dimm else f"memory ({entry.text})"
        thing = next((name for start, name in _PARTS.items() if entry.kind.startswith(start)), "machine")
        return f"{thing} ({entry.text})"


def named(text: str, dimms: Iterable[Dimm]) -> Dimm | None:
    """The one fitted module whose slot the text names, by its whole label or by the last word of it."""
    fitted = [d for d in dimms if d.size > 0 and d.slot]
    words = {folded(word) for word in re.split(r"[\s|,;()@\[\]]+", text)} - {""}
    joined = f" {' '.join(re.findall(r'[a-z0-9]+', text.lower()))} "
    whole = [d for d in fitted if f" {' '.join(re.findall(r'[a-z0-9]+', d.slot.lower()))} " in joined]
    last = [d for d in fitted if _last(d) and {_last(d), f"dimm{_last(d)}", _last(d).removeprefix("dimm")} & words]
    return next((found[0] for found in (whole, last) if len(found) == 1), None)


def _last(dimm: Dimm) -> str:
    """A last word with a letter and a number; a bare number names too much."""
    word = folded(dimm.slot.split()[-1])
    return word if re.search(r"[a-z]", word) and re.search(r"\d", word) else ""


def _ipmitool(*argv: str) -> str:
    return tool.run(["ipmitool", *argv], _TIMEOUT).require().out
