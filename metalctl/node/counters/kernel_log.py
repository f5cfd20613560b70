"""The kernel's log as a source of errors: /dev/kmsg, else the journal, else dmesg.

Lines are told apart by the kernel's own sequence numbers, never by a clock. The buffer is a ring: where its first lines
are gone (and the journal has not kept them), what happened before is not known, and the source says so; it does the
same where lines were overwritten during the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from metalctl.model.inventory import Dimm
from metalctl.node import edac, kmsg, tool
from metalctl.node.counters import kernel_events
from metalctl.node.counters.snapshot import Counter, Snapshot, logged
from metalctl.node.errors import ToolFailed

_JOURNAL = ("journalctl", "--dmesg", "--boot", "--no-pager", "--quiet", "--output=cat")
_DMESG = ("dmesg", "--notime", "--color=never")
_FIRST = "Linux version "
_MOST = 20000  # lines that matter; a log with more says the same
_TIMEOUT = 60.0
_GONE = "the kernel's log was overwritten: its first {} lines, from before the run, are gone"
_GAP = "the kernel's log was overwritten during the run: {} lines are gone"


class KernelLog:
    """One run's view of the log: `look` reads on. parts: PCI address → how the part there is called."""

    def __init__(self, root: Path, dimms: Sequence[Dimm], parts: Mapping[str, str]) -> None:
        self._root, self._dimms, self._parts = root, dimms, parts
        self._kept: list[str] = []
        self._next: int | None = None
        self._lost = ""

    def look(self) -> Snapshot:
        """The errors since the boot, by part and kind."""
        try:
            lines, why = self._lines()
        except (OSError, ToolFailed) as failed:
            reason = failed.message if isinstance(failed, ToolFailed) else str(failed)
            return Snapshot(unreadable={"kernel log": reason}, sources={"kernel-log": reason})
        found = Snapshot(sources={"kernel-log": why}, unreadable={"kernel log": why} if why else {})
        return found + Snapshot(self._counted(lines))

    def _lines(self) -> tuple[list[str], str]:
        """(the lines that matter, why they are not all there are)."""
        try:
            records = kmsg.records(self._root / "dev/kmsg")
        except OSError as refused:
            return self._by_tool(f"/dev/kmsg: {refused.strerror or refused}")
        self._follow(records)
        return self._kept, self._lost

    def _follow(self, records: list[tuple[int, str]]) -> None:
        if not records:
            self._lost = self._lost or "the kernel's log is empty"
            return
        first, seen = records[0][0], self._next
        self._next = records[-1][0] + 1
        if seen is None and first > 0:
            self._kept, self._lost = _from_journal(first)
            if self._kept:
                return  # the journal has these, too
        elif seen is not None and first > seen:
            self._lost = _GAP.format(first - seen)
        fresh = (text for number, text in records if number >= (seen or 0) and kernel_events.KEPT.search(text))
        self._kept = [*self._kept, *fresh][:_MOST]

    def _by_tool(self, why: str) -> tuple[list[str], str]:
        """The whole log by a tool, each time anew."""
        for argv in (_JOURNAL, _DMESG):
            try:
                lines = tool.run(argv, _TIMEOUT).require().out.splitlines()
            except ToolFailed as failed:
                why = f"{why}; {failed.message}"
                continue
            gone = "" if _whole(lines) else f"{argv[0]} does not show the start of the kernel's log"
            return [line for line in lines if kernel_events.KEPT.search(line)][:_MOST], gone
        raise ToolFailed(why, hint="run it as root")

    def _counted(self, lines: Sequence[str]) -> dict[Counter, int]:
        found: dict[Counter, int] = {}
        for event in kernel_events.parse(lines):
            counter = logged(self._part(event), "kernel log", event.what, event.kind)
            found[counter] = found.get(counter, 0) + event.count
        return found

    def _part(self, event: kernel_events.Event) -> str:
        thing = event.kind.partition("-")[0]
        if thing == "memory":
            return edac.part_of(event.label, self._dimms)
        if event.label in self._parts or thing == "pcie":
            return self._parts.get(event.label, f"pcie {event.label}")
        return event.label or {"cpu": "processors", "previous": "machine"}.get(thing, "machine")


def _from_journal(gone: int) -> tuple[list[str], str]:
    """The lines of this boot that the journal has kept, where it has the first; else why they are not known."""
    try:
        lines = tool.run(_JOURNAL, _TIMEOUT).require().out.splitlines()
    except ToolFailed:
        lines = []
    if not _whole(lines):
        return [], _GONE.format(gone)
    return [line for line in lines if kernel_events.KEPT.search(line)][:_MOST], ""


def _whole(lines: Sequence[str]) -> bool:
    return any(_FIRST in line for line in lines[:5])
