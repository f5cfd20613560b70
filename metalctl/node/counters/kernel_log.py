"""The kernel's log as a source of errors: /dev/kmsg, else the journal, else dmesg.

Lines are told apart by the kernel's own sequence numbers, never by a clock. The buffer is a ring: where its first lines
are gone (and the journal has not kept them), what happened before is not known, and the source says so; it does the
same where lines were overwritten during the run.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from metalctl.model.frus import of_dimm
from metalctl.model.inventory import Dimm
from metalctl.node import edac, tool
from metalctl.node.counters import kernel_events
from metalctl.node.counters.snapshot import Counter, Snapshot
from metalctl.node.errors import ToolFailed

_LINE = re.compile(rb"\d+,(\d{1,19}),\d+,[^;]*;(.*)")
_JOURNAL = ("journalctl", "--dmesg", "--boot", "--no-pager", "--quiet", "--output=cat")
_DMESG = ("dmesg", "--notime", "--color=never")
_FIRST = "Linux version "
_MOST = 20000  # lines that matter; a log with more says the same
_TIMEOUT = 60.0
_NO_FAULT = ("", "pcie-corrected", "previous-boot")  # by themselves: the profile may limit them
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
            records = _kmsg(self._root / "dev/kmsg")
        except OSError as refused:
            return self._by_tool(f"/dev/kmsg: {refused.strerror or refused}")
        self._follow(records)
        return self._kept, self._lost

    def _follow(self, records: list[tuple[int, str]]) -> None:
        if not records:
            self._lost = self._lost or "the kernel's log is empty"
            return
        first = records[0][0]
        if self._next is None and first > 0:
            self._kept, self._lost = _from_journal(first)
        elif self._next is not None and first > self._next:
            self._lost = _GAP.format(first - self._next)
        fresh = [text for number, text in records if self._next is None or number >= self._next]
        if self._next is None and self._kept:
            fresh = []  # the journal has them, too
        self._kept = (self._kept + [line for line in fresh if kernel_events.KEPT.search(line)])[:_MOST]
        self._next = records[-1][0] + 1

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
            serious = event.kind not in _NO_FAULT
            counter = Counter(self._part(event), f"kernel log: {event.what}", serious, kind=event.kind, event=True)
            found[counter] = found.get(counter, 0) + event.count
        return found

    def _part(self, event: kernel_events.Event) -> str:
        thing = event.kind.partition("-")[0]
        if thing == "memory":
            dimm = edac.dimm_of(event.label, self._dimms)
            return str(of_dimm(dimm)) if dimm else f"dimm {event.label}" if event.label else "memory"
        if event.label in self._parts or thing == "pcie":
            return self._parts.get(event.label, f"pcie {event.label}")
        return event.label or {"cpu": "processors", "previous": "machine"}.get(thing, "machine")


def _kmsg(path: Path) -> list[tuple[int, str]]:
    """(sequence number, text) of every record. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        whole = b"".join(iter(lambda: _read(fd), b""))
    finally:
        os.close(fd)
    # What follows a record indented is about its device, and no record.
    matches = (_LINE.fullmatch(line) for line in whole.split(b"\n"))
    return [(int(m.group(1)), m.group(2).decode(errors="replace")) for m in matches if m]


def _read(fd: int) -> bytes:
    """One record of the device, or a piece of a file that stands for it; b"" at the end."""
    while True:
        try:
            return os.read(fd, 1 << 16)
        except BlockingIOError:
            return b""
        except OSError as odd:
            if odd.errno != errno.EPIPE:  # overwritten while we read: the next record follows, and its number tells
                raise


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
