"""`python3 -m metalctl.node install SPEC.json`: write an OS image to the one disk that the spec names, and prove it.

SPEC.json is an `InstallSpec`. The journal is RUN_DIR/<run_id>/journal.jsonl:

    note           {"what": ...}                       what was met on the way
    progress       {"what": "write"|"verify", "done", "total"}   bytes, about once a second
    run-finished   {"verdict": "PASS"|"FAIL", "installation": Installation, "findings": [Finding]}
    error          {"message", "hint", "kind"}         could not tell: refused by the guard, the network, the image

FAIL is a disk that returned other data than was written, with disk and offset, or that refused reads or writes. The
install record on the disk (`record`) counts the installations: a run that is begun a second time writes nothing. Exit
codes: 0 installed, 1 the disk failed, 2 usage or the run was started before, 3 could not tell.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import FrameType

from metalctl.model.errors import MetalctlError, describe
from metalctl.model.inventory import Disk
from metalctl.model.run import RUN_DIR, InstallSpec
from metalctl.model.verdict import Verdict
from metalctl.node import guard, order
from metalctl.node.errors import JournalExists, Refused
from metalctl.node.herald import Caller
from metalctl.node.install import manifest
from metalctl.node.install.fetch import Patience
from metalctl.node.install.job import Job, Result
from metalctl.node.journal import Journal

__all__ = ["ACTION", "main", "perform"]

ACTION = "install"
Find = Callable[[str, int], Disk]
Leave = Callable[[InstallSpec, Disk], guard.Claim | None]


class Interrupted(Exception):
    """The unit was stopped."""


def main(argv: Sequence[str]) -> int:
    """Install as the spec file says; returns the exit code."""
    if {"-h", "--help"} & set(argv):
        sys.stdout.write(__doc__ or "")
        return 0
    spec = order.read(InstallSpec, argv, "install SPEC.json")
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    path = Path(os.environ.get("METALCTL_RUN_DIR", RUN_DIR)) / spec.run_id / "journal.jsonl"
    signal.signal(signal.SIGTERM, _interrupt)
    caller = Caller(spec.herald, spec.run_id)
    try:
        with closing(caller), Journal(path, boot_id, caller.grew) as journal:
            return perform(spec, journal, boot_id)
    except JournalExists as before:
        sys.stderr.write(describe(before) + "\n")
        return 2


def perform(
    spec: InstallSpec,
    journal: Journal,
    boot_id: str,
    *,
    find: Find | None = None,
    leave: Leave | None = None,
    patience: Patience | None = None,
) -> int:
    """Install, with every outcome in the journal. find, leave: who looks the disk up and who guards it.

    leave: returns the claim that is held while the disk is written.
    """
    journal.append("run-started", run_id=spec.run_id, kind="install", node=spec.node)
    try:
        job = _job(spec, journal, boot_id, find or guard.find, leave or _leave)
        result = (replace(job, patience=patience) if patience else job).perform()
    except BaseException as crash:
        order.crashed(journal, crash)
        if isinstance(crash, (MetalctlError, Interrupted)):
            sys.stderr.write(f"{crash}\n")
            return 3
        raise
    return _finish(journal, result)


def _finish(journal: Journal, result: Result) -> int:
    journal.append(
        "run-finished", verdict=result.verdict, installation=result.installation, findings=list(result.findings)
    )
    return 0 if result.verdict is Verdict.PASS else 1


def _job(spec: InstallSpec, journal: Journal, boot_id: str, find: Find, leave: Leave) -> Job:
    order.same_boot(spec, boot_id)
    image = manifest.parse(spec.manifest)
    disk = find(spec.disk_serial, spec.disk_size)
    path = disk.name if disk.name.startswith("/") else f"/dev/{disk.name}"
    return Job(spec, image, disk, path, boot_id, journal.append, lambda: leave(spec, disk))


def _leave(spec: InstallSpec, disk: Disk) -> guard.Claim:
    if spec.armed.enrollment != spec.enrollment:
        raise Refused("this write permit was issued for another enrollment", hint="arm the disk for this enrollment")
    return guard.hold(spec.armed, disk, ACTION, guard.boot_time())


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(f"the installation was ended by signal {signal.Signals(number).name}")
