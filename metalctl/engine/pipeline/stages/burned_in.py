"""burned-in: the checks of the level run on the node alone, then in pairs with the others of its batch."""

from __future__ import annotations

from metalctl.content.checks import catalogue
from metalctl.engine.pipeline import check_runs, cohort, layout
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, StageFailed, Wait
from metalctl.engine.topics import batch_topic, run_topic
from metalctl.model.finding import Finding
from metalctl.model.inventory import Disk
from metalctl.model.run import Armed, Peer, RunSpec
from metalctl.model.verdict import Verdict
from metalctl.store import boots, enrollments, evidence
from metalctl.store.evidence import RunRow
from metalctl.store.pairs import Pair

# Seconds: what the others do is told.
POLL = 120.0


def tick(ctx: Context) -> Done | Wait:
    """Alone first; who fails alone does not keep the others waiting."""
    level = str(ctx.options.get("level", "quick"))
    alone = check_runs.follow(ctx, _run_id(ctx), lambda: _alone(ctx, level), "ramdisk", "burn-in", level)
    if alone.state == "running":
        return check_runs.still_running(ctx, alone, alone.progress or "checks are starting")
    findings = check_runs.conclude([alone], ctx.profile)
    if not _peer_checks(ctx):
        return Done({"runs": [alone.run_id]}, findings)
    if not ctx.memo.get("ready_for_peers"):
        ctx.memo["ready_for_peers"] = True
        ctx.save_memo()
    mine = cohort.schedule(ctx, level)
    if mine is None:
        return _await("waiting for the others of the batch, to test in pairs", batch_topic(ctx.enrollment.batch))
    return _paired(ctx, level, alone, mine, findings)


def _paired(ctx: Context, level: str, alone: RunRow, mine: list[Pair], findings: tuple[Finding, ...]) -> Done | Wait:
    rows = []
    for pair in mine:
        row = _one_pair(ctx, level, pair)
        if row is None:
            other = pair.client if pair.server == ctx.enrollment.id else pair.server
            return _await(f"waiting for the other node of round {pair.round + 1}", run_topic(other))
        if row.state == "running":
            return check_runs.still_running(ctx, row, f"pair test: {row.progress or 'starting'}")
        rows.append(row)
    paired = check_runs.conclude(rows, ctx.profile, judged=_peer_checks(ctx)) if rows else _no_peer(ctx, findings)
    return Done({"runs": [alone.run_id, *(r.run_id for r in rows)]}, (*findings, *paired))


def _await(why: str, topic: str) -> Wait:
    return Wait(POLL, why, (topic,), queued=True)


def _one_pair(ctx: Context, level: str, pair: Pair) -> RunRow | None:
    """Where our side of a pair stands; None while the other side has to move first."""
    serving = pair.server == ctx.enrollment.id
    other = pair.client if serving else pair.server
    if not serving and check_runs.found(ctx, _peer_run(ctx, ctx.enrollment.id, pair)) is None:
        server = check_runs.found(ctx, _peer_run(ctx, pair.server, pair))
        if (server is None or server.entries == 0) and not cohort.ended(ctx, other):
            return None
    run_id = _peer_run(ctx, ctx.enrollment.id, pair)
    return check_runs.follow(ctx, run_id, lambda: _peer_spec(ctx, level, pair, serving), "ramdisk", "peer", level)


def _run_id(ctx: Context) -> str:
    return f"{ctx.enrollment.id}-burned-in-{ctx.enrollment.attempt}"


def _alone(ctx: Context, level: str) -> RunSpec:
    paired = _peer_checks(ctx)
    checks = {n: limits for n, limits in ctx.profile.checks.items() if n in ctx.profile.burn_in and n not in paired}
    return RunSpec(
        run_id=_run_id(ctx),
        node=ctx.node.name,
        kind="burn-in",
        level=level,
        checks=checks,
        roles={role: tuple(d.key for d in disks) for role, disks in layout.roles(ctx).items()},
        bonds=layout.bond_specs(ctx),
        armed=_armed(ctx),
        boot_id=_boot_id(ctx),
        errors=ctx.profile.errors,
        bmc_log=layout.bmc_log(ctx),
    )


def _armed(ctx: Context) -> tuple[Armed, ...]:
    """Write tests go only to disks whose hygiene the stage before has seen."""
    to_write: tuple[Disk, ...] = ()
    if "wal-fsync" in ctx.profile.burn_in:
        to_write += layout.roles(ctx).get("wal", ())
    if "etcd-fdatasync" in ctx.profile.burn_in:
        to_write += (layout.root_disk(ctx),)
    if check_runs.found(ctx, _run_id(ctx)) is not None:
        return ()
    return tuple(layout.arm(ctx, disk, "fio-write") for disk in to_write)


def _peer_checks(ctx: Context) -> dict[str, dict[str, float | str | bool]]:
    """The checks of the burn-in that want another node, by what their files say."""
    paired = {check.name for check in catalogue().values() if check.paired}
    return {n: limits for n, limits in ctx.profile.checks.items() if n in paired and n in ctx.profile.burn_in}


def _peer_run(ctx: Context, enrollment: str, pair: Pair) -> str:
    return f"{enrollment}-peer-{pair.batch[-4:]}-{pair.round}"


def _peer_spec(ctx: Context, level: str, pair: Pair, serving: bool) -> RunSpec:
    with ctx.store() as connection:
        here = {side: boots.last_boot(connection, getattr(pair, side), "ramdisk") for side in ("server", "client")}
        other = enrollments.get(connection, pair.client if serving else pair.server)
    server, client = (boot.address if boot else "" for boot in here.values())
    return RunSpec(
        run_id=_peer_run(ctx, ctx.enrollment.id, pair),
        node=ctx.node.name,
        kind="peer",
        level=level,
        checks=_peer_checks(ctx),
        bonds=layout.bond_specs(ctx),
        peer=Peer(other.node, "server" if serving else "client", server, pair.port, client),
        boot_id=_boot_id(ctx),
        errors=ctx.profile.errors,
    )


def _boot_id(ctx: Context) -> str:
    boot = ctx.boot("ramdisk")
    return boot.boot_id if boot else ""


def _no_peer(ctx: Context, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """SKIP when there never was a partner; StageFailed when a pair test was not passed and cannot be repeated now."""
    names = ", ".join(_peer_checks(ctx))
    if not _owes_a_pair_test(ctx):
        return (
            Finding(
                "check.peers", Verdict.SKIP, f"{names} against another node", "no other node came this far",
                remedy="enroll at least two nodes together to have their network tested in pairs",
            ),
        )  # fmt: skip
    owed = Finding(
        "check.peers", Verdict.UNKNOWN, f"{names} against another node, after the one that was not passed",
        "no other node of the batch is in burned-in now", source="runs of this enrollment",
        remedy="let another failed node retry with it, or enroll it anew together with another node",
    )  # fmt: skip
    raise StageFailed((*findings, owed), fault="metalctl")


def _owes_a_pair_test(ctx: Context) -> bool:
    with ctx.store() as connection:
        paired = [r for r in evidence.runs(connection, ctx.enrollment.id) if r.kind == "peer"]
    bad = (Verdict.FAIL, Verdict.UNKNOWN)
    return any(r.state != "finished" or any(c.verdict in bad for c in r.results) for r in paired)
