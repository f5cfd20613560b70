"""How a cancelled node ends: the check run on it is stopped, an installation is let end, and what is left is told."""

from __future__ import annotations

import contextlib

from sqlalchemy import Connection

from metalctl.engine.errors import RemoteError
from metalctl.engine.pipeline import check_runs
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import StageFailed, Wait
from metalctl.engine.reach import runs
from metalctl.model.codec import decode
from metalctl.model.dossier import Installation
from metalctl.model.finding import Finding
from metalctl.model.verdict import Verdict
from metalctl.store import audit, evidence, marks
from metalctl.store.evidence import RunRow
from metalctl.store.marks import Mark


def end(ctx: Context, mark: Mark) -> Wait | StageFailed:
    """A wait as long as an image is being written; then the end.

    The mark stays: who writes the end down takes it away, and with it in one transaction (`ended`). Else an error of
    the store between the two lets a cancelled node go on.
    """
    with ctx.store() as connection:
        known = evidence.runs(connection, ctx.enrollment.id)
    for row in (row for row in known if row.state == "running"):
        if row.kind == "install" and _still_writing(ctx, row):
            return check_runs.still_running(ctx, row, f"{mark}; the installation is let end first")
        if row.kind != "install":
            _stop(ctx, row)
    with ctx.store() as connection:
        known = evidence.runs(connection, ctx.enrollment.id)
    return StageFailed((_told(mark, known),), fault="operator")


def ended(connection: Connection, enrollment: str, mark: Mark) -> None:
    """In the transaction in which the end is written down."""
    marks.remove(connection, mark.node, mark.kind)
    audit.record(connection, mark.node, "cancelled", enrollment=enrollment, by=mark.who, why=mark.why)


def _still_writing(ctx: Context, row: RunRow) -> bool:
    boot = ctx.boot("ramdisk")
    if boot is None or boot.boot_id != row.boot_id:
        return False
    with contextlib.suppress(RemoteError):
        runs.tail(ctx.remote("ramdisk"), row)
        with ctx.store() as connection:
            evidence.save_run(connection, row)
        return row.state == "running"
    # A node that cannot be asked for half an hour is not waited for.
    return float(ctx.memo.setdefault("cancel_since", ctx.elapsed)) + 1800.0 > ctx.elapsed


def _stop(ctx: Context, row: RunRow) -> None:
    """The runner cleans up what its checks wrote, and its journal says that it was ended."""
    ctx.fence()
    with contextlib.suppress(RemoteError):
        system = "installed" if row.kind == "accept" else "ramdisk"
        ctx.remote(system).run("systemctl", "stop", f"metalctl-{row.run_id}.service", timeout=120)


def _told(mark: Mark, known: list[RunRow]) -> Finding:
    return Finding(
        "operator.cancelled", Verdict.UNKNOWN, "the enrollment to its end", str(mark), source="operator",
        remedy=f"{_left(known)}; metalctl enroll --retry {mark.node} goes on with it",
    )  # fmt: skip


def _left(known: list[RunRow]) -> str:
    installs = [row for row in known if row.kind == "install"]
    if not installs:
        return "nothing was installed on its disks"
    # By the attempt that their names end with: clocks step.
    final = max(installs, key=lambda row: int(row.run_id.rpartition("-")[2])).final or {}
    stated = final.get("installation")
    if not isinstance(stated, dict):
        return "an installation was begun and did not end: the root disk holds a part of an image, and does not boot"
    done = decode(Installation, stated)
    return f"disk serial {done.disk_serial} holds {done.os} {done.version}, installed and not accepted"
