"""Runs of checks as stages need them: start once, tail, and turn results into findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from metalctl.engine.evidence import coverage
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import StageFailed, Wait
from metalctl.engine.reach import runs
from metalctl.engine.topics import run_topic
from metalctl.model.finding import Finding
from metalctl.model.match import waive
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.profile import Profile
from metalctl.model.run import InstallSpec, RunSpec
from metalctl.model.units import format_quantity
from metalctl.model.verdict import Verdict
from metalctl.store import evidence
from metalctl.store.database import now
from metalctl.store.evidence import RunRow


def follow(
    ctx: Context, run_id: str, make: Callable[[], RunSpec | InstallSpec], system: str, kind: str, level: str = ""
) -> RunRow:
    """Start the run unless it was started, read on, and return where it stands; state "lost" when it can't go on.

    make: what was asked, which takes the inventories: it is made where it is needed, not at each look.
    """
    row = found(ctx, run_id)
    if row is not None and row.state != "running":
        return row
    boot = ctx.boot(system)
    boot_id = boot.boot_id if boot else ""
    news = ctx.services.news
    news.expect(run_id, ctx.enrollment.id, known=row is not None)
    if row is None:
        # To make the order again would revoke what the first one holds: leave to write, the token on the disk.
        if not runs.started(ctx.remote(system), run_id):
            _start(ctx, make(), system, boot_id)
        row = RunRow(run_id, ctx.enrollment.id, kind, level, boot_id, started=now())
    elif row.boot_id != boot_id:
        # The node booted anew under the run: what it wrote is gone with the old system's memory.
        _lose(row, "the node was rebooted during the run")
    elif boot is not None and system == "ramdisk" and (seen := ctx.rebooted(boot)):
        _lose(row, f"the node rebooted unexpectedly during the run ({seen})")
    elif news.nothing_new(row.run_id, row.entries):
        return row
    else:
        runs.tail(ctx.remote(system), row)
    if row.state == "finished" and kind != "install" and isinstance(spec := make(), RunSpec):
        inventory = ctx.require_inventory("installed" if system == "installed" else "in-band")
        row.results += coverage.owed(spec, row.results, inventory, ctx.bundle[1])
    with ctx.store() as connection:
        evidence.save_run(connection, row)
    ctx.services.publish(run_topic(ctx.enrollment.id))
    return row


def _start(ctx: Context, spec: RunSpec | InstallSpec, system: str, boot_id: str) -> None:
    command = "install" if isinstance(spec, InstallSpec) else "run"
    told = replace(spec, herald=ctx.services.news.herald(ctx.services.url, spec.run_id))
    ctx.fence()
    runs.start(ctx.remote(system), command, told, ctx.bundle)
    ctx.audit(f"{command}-started", run_id=spec.run_id, boot_id=boot_id)


def _lose(row: RunRow, why: str) -> None:
    hint = "read the node's console and its BMC's event log of that time; then enroll it again with --retry"
    row.final = {"event": "error", "kind": "Rebooted", "message": why, "hint": hint}
    row.state, row.finished = "lost", now()


def still_running(ctx: Context, row: RunRow, why: str) -> Wait:
    """The wait for a run: its calls cut it short."""
    return Wait(ctx.services.news.pause(row.run_id), why)


def found(ctx: Context, run_id: str) -> RunRow | None:
    """A run as it was last written down."""
    with ctx.store() as connection:
        return evidence.run(connection, run_id)


def conclude(
    rows: Iterable[RunRow], profile: Profile | None = None, *, judged: Iterable[str] = ()
) -> tuple[Finding, ...]:
    """Findings of finished runs; StageFailed when anything blocks. A run without a good end is UNKNOWN.

    profile: whose waivers count for the checks. None waives: that a run ended well (an installation among them) is not
    for anybody to waive, and a check is never only a warning. judged: checks that every run must have judged this node
    by: one that is not there, or was skipped, is UNKNOWN.
    """
    rows, names = list(rows), tuple(judged)
    checks = tuple(_finding(result) for row in rows for result in row.results)
    checks += tuple(f for row in rows if not _ending(row) for name in names for f in _not_judged(row, name))
    if profile is not None:
        checks = waive(checks, replace(profile, warnings=()))
    findings = (*checks, *(f for row in rows for f in _ending(row)))
    if any(f.blocks for f in findings):
        raise StageFailed(findings, runs=[r.run_id for r in rows])
    return findings


def _finding(result: CheckResult) -> Finding:
    limited = [m for m in result.measurements if m.verdict is not Verdict.SKIP]
    return Finding(
        requirement=f"check.{result.check}",
        verdict=result.verdict,
        expected="; ".join(_limits(m) for m in limited),
        got=result.reason or "; ".join(f"{m.name} {format_quantity(m.value, m.unit)}" for m in limited),
        part=result.part,
        source=f"check on the node, boot {result.boot_id[:8]}",
        remedy=result.remedy or ("" if result.verdict in (Verdict.PASS, Verdict.SKIP) else _REMEDY[result.verdict]),
    )


def _not_judged(row: RunRow, check: str) -> tuple[Finding, ...]:
    """A node is not passed on what it only served for."""
    if any(result.check == check and result.verdict is not Verdict.SKIP for result in row.results):
        return ()
    reason = next((r.reason for r in row.results if r.check == check), "") or "its run has no result of it"
    got = f"not judged: {reason}"
    return (
        Finding(
            f"check.{check}", Verdict.UNKNOWN, "a verdict", got, source=row.run_id, remedy=_REMEDY[Verdict.UNKNOWN]
        ),
    )


_REMEDY = {
    Verdict.FAIL: "replace or reseat the part named, then enroll the node again with --retry",
    Verdict.UNKNOWN: "the check gave no verdict: read its reason, correct that, then enroll again with --retry",
}


def _limits(measurement: Measurement) -> str:
    low, high = measurement.at_least, measurement.at_most
    bounds = [f"≥ {format_quantity(low, measurement.unit)}"] if low is not None else []
    bounds += [f"≤ {format_quantity(high, measurement.unit)}"] if high is not None else []
    return f"{measurement.name} {' and '.join(bounds)}"


def _ending(row: RunRow) -> tuple[Finding, ...]:
    if row.state == "finished" and row.final and row.final.get("event") == "run-finished":
        return ()
    got = str((row.final or {}).get("message", "it ended without a result" if row.state == "lost" else "an error"))
    return (
        Finding(
            f"run.{row.kind}", Verdict.UNKNOWN, "a run that reached its end", got, source=row.run_id,
            remedy=str((row.final or {}).get("hint", "")) or "see the node's console, then enroll again with --retry",
        ),
    )  # fmt: skip
