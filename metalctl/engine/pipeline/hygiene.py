"""What is on the disks that metalctl will write, and which disks of which boot were looked at (node/hygiene.py).

A sample is read in one call. Reading whole disks (`enroll --full-read`) takes hours: it runs detached on the node, and
its result is a file there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from metalctl.engine.errors import EngineError
from metalctl.engine.pipeline import again
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import StageFailed
from metalctl.engine.reach import runs
from metalctl.engine.reach.remote import Remote
from metalctl.model.finding import Finding
from metalctl.model.inventory import Disk
from metalctl.model.stage import Stage
from metalctl.model.verdict import Verdict
from metalctl.store import records

State = dict[str, Any]
REQUIREMENT = "disks.hygiene"
EXPECTED = "an unused disk without data"
IDENTITY = ("serial", "size", "wwn", "number", "diskseq", "boot_id")
_SAMPLE_TIMEOUT = 300.0
_STARTED = "reading_disks"


def look(ctx: Context, remote: Remote, python: runs.Python, disks: Sequence[Disk]) -> list[State] | str:
    """What the node says of these disks, or how far it is with reading them. Raises EngineError, RemoteError."""
    keys = ("--", *dict.fromkeys(d.key for d in disks))
    if not again.reads_all(ctx.options, ctx.enrollment.id):
        return list(json.loads(remote.check(*python.command("disks", *keys), timeout=_SAMPLE_TIMEOUT)))
    name = f"metalctl-disks-{ctx.enrollment.id}-{ctx.enrollment.attempt}"
    result = f"/run/{name}.json"
    if not (text := remote.read_from(result, 0)) and not runs.unit_active(remote, name):
        text = remote.read_from(result, 0)  # it may have ended between our two looks
        if not text and ctx.memo.get(_STARTED):
            raise EngineError("reading the disks ended without a result", hint="see the node's console and its journal")
        if not text:
            ctx.memo[_STARTED] = True
            words = python.command("disks", "--full", "--result", result, *keys)
            remote.check("systemd-run", f"--unit={name}", "--collect", "--quiet", *words)
    return list(json.loads(text)) if text else _progress(remote.read_from(f"{result}.progress", 0))


def _progress(note: bytes) -> str:
    done = json.loads(note) if note else {"done": 0, "total": 0}
    return f"reading the disks from end to end: {100 * done['done'] // (done['total'] or 1)} %"


def finding(disk: Disk, looked: Sequence[State], boot_id: str, *, may_erase: bool) -> Finding:
    """What is found of one disk: only one that was seen, is free and is empty (or may be erased) is a PASS."""
    state = of(disk, looked)
    if state is None:
        return _finding(
            disk, Verdict.UNKNOWN, "it is no longer there",
            "the disk vanished after the inventory: reseat it and enroll again with --retry",
        )  # fmt: skip
    if state["boot_id"] != boot_id:
        return _finding(
            disk, Verdict.UNKNOWN, "the node was booted again meanwhile",
            "look at the node's console for why it reboots, then enroll again with --retry",
        )  # fmt: skip
    if state["refusals"]:
        return _finding(
            disk, Verdict.FAIL, "; ".join(state["refusals"]),
            "release the disk (unmount, stop arrays, volumes, exports and VMs), then enroll again with --retry",
        )  # fmt: skip
    if state["unknown"] or not state["extent"]:
        return _finding(
            disk, Verdict.UNKNOWN, "; ".join(state["unknown"]) or "it was not read",
            "repair what could not be read (replace a failing disk), then enroll again with --retry",
        )  # fmt: skip
    return _of_content(disk, state, may_erase)


def _of_content(disk: Disk, state: State, may_erase: bool) -> Finding:
    carried = ", ".join([*state["signatures"], *([state["data"]] if state["data"] else [])])
    if carried and not may_erase:
        remedy = "if this data is not needed, enroll again with --retry --allow-erase"
        return _finding(disk, Verdict.FAIL, f"carries {carried}", remedy)
    got = f"erasing was allowed: {carried}" if carried else f"no data found ({state['extent']})"
    return _finding(disk, Verdict.PASS, got, "")


def of(disk: Disk, looked: Sequence[State]) -> State | None:
    """What was said of a disk; None when nothing was, or of two that cannot be told apart."""
    found = [s for s in looked if (s["serial"], s["size"]) == (disk.key, disk.size)]
    return found[0] if len(found) == 1 else None


def identity(state: State) -> State:
    """Which disk was looked at, in which boot."""
    return {name: state[name] for name in IDENTITY}


def remembered(ctx: Context, disk: Disk) -> State:
    """Which disk the stage `prepared` looked at in this boot of the ramdisk; StageFailed when it did not."""
    with ctx.store() as connection:
        row = records.stage(connection, ctx.enrollment.id, Stage.PREPARED)
    found = of(disk, row.record.evidence.get("looked_at", ()) if row else ())
    boot = ctx.boot("ramdisk")
    if found is not None and boot is not None and found["boot_id"] == boot.boot_id:
        return found
    got = "the node was booted again since" if found else "this disk was not looked at"
    remedy = "enroll again with --retry: the disks are inspected again before they are written"
    raise StageFailed((_finding(disk, Verdict.UNKNOWN, got, remedy),))


def _finding(disk: Disk, verdict: Verdict, got: str, remedy: str) -> Finding:
    return Finding(REQUIREMENT, verdict, EXPECTED, got, disk.label, "in-band", remedy)
