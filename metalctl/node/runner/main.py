"""`python3 -m metalctl.node run`: runs checks on this machine and writes the journal.

    run SPEC.json                            a run that the controller asked for; journal in RUN_DIR/<run_id>/
    run --local --check NAME...              by hand, on any server: results are printed
        --limit NAME.KEY=VALUE               a limit, as profiles write it ("nvme-randread.min_iops=400k")
        --role ROLE=SERIAL[,SERIAL]          which disks have a role
        --peer SIDE=ADDRESS:PORT[,CLIENT]    this node is the "server" at that address, or its "client"
        --bond NAME=MAC,MAC  --level LEVEL   bonds that must exist; quick (default), normal or burn-in

Exit codes: 0 nothing failed, 1 hardware failed, 2 usage (also: the run was started before), 3 could not tell.
Environment: METALCTL_RUN_DIR (journals), METALCTL_CHECKS (directory of checks), METALCTL_SCRATCH (directory on a disk),
METALCTL_ROOT and METALCTL_INVENTORY (for tests: another /sys, /proc and netlink, and an inventory as JSON).
"""

from __future__ import annotations

import dataclasses
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import closing
from types import FrameType

from metalctl.model.errors import MetalctlError, UsageError, describe
from metalctl.model.run import RunSpec
from metalctl.model.verdict import Verdict
from metalctl.node import order
from metalctl.node.errors import JournalExists
from metalctl.node.herald import Caller
from metalctl.node.journal import Journal
from metalctl.node.runner.interrupted import Interrupted
from metalctl.node.runner.settings import Settings

EXIT = {Verdict.PASS: 0, Verdict.SKIP: 0, Verdict.FAIL: 1, Verdict.UNKNOWN: 3}


def main(argv: list[str]) -> int:
    """Run checks; returns the exit code. argv: what follows `run` on the command line."""
    if {"-h", "--help"} & set(argv):
        sys.stdout.write(__doc__ or "")
        return 0
    settings = Settings.read()
    try:
        if "--local" in argv:
            from metalctl.node.runner import local

            return EXIT[local.run(local.parse(argv), settings)]
        return _from_spec(order.read(RunSpec, argv, "run SPEC.json | run --local --check NAME..."), settings)
    except (UsageError, JournalExists) as wrong:
        sys.stderr.write(f"{describe(wrong)}\n")
        return 2
    except MetalctlError as failed:
        sys.stderr.write(f"{describe(failed)}\n")
        return 3


def _from_spec(spec: RunSpec, settings: Settings) -> int:
    boot_id = settings.boot_id()
    signal.signal(signal.SIGTERM, _interrupt)
    path, caller = settings.run_dir / spec.run_id / "journal.jsonl", Caller(spec.herald, spec.run_id)
    with closing(caller), Journal(path, boot_id, caller.grew) as journal:
        try:
            order.same_boot(spec, boot_id)
            spec = dataclasses.replace(spec, boot_id=boot_id)
            return EXIT[perform(spec, settings, journal.append)]
        except BaseException as crash:
            order.crashed(journal, crash)
            if isinstance(crash, MetalctlError):
                raise
            traceback.print_exc()
            return 3


def perform(spec: RunSpec, settings: Settings, append: Callable[..., object]) -> Verdict:
    """Take the inventory and run the checks."""
    append("run-started", run_id=spec.run_id, kind=spec.kind, level=spec.level, checks=list(spec.checks))
    from metalctl.node.runner.run import Run  # a bundle without pytest still leaves a journal that says so

    return Run(spec, settings, append).perform(settings.collect())


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(f"the runner was ended by signal {signal.Signals(number).name}")
