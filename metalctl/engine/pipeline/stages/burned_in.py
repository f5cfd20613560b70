"""burned-in: the checks of the level run on the node alone, then in pairs with the others of its batch."""

from __future__ import annotations

from dataclasses import replace

from metalctl.content.checks import catalogue
from metalctl.engine.pipeline import check_runs, cohort, layout, pair_verdicts, seats, turns
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, StageFailed, Wait
from metalctl.engine.topics import batch_topic, run_topic
from metalctl.model.finding import Finding
from metalctl.model.inventory import Disk
from metalctl.model.match import waive
from metalctl.model.run import Armed, Peer, RunSpec
from metalctl.model.verdict import Verdict
from metalctl.store import boots, enrollments, evidence, pairs
from metalctl.store.evidence import RunRow
from metalctl.store.pairs import Pair

# Seconds: what the others do is told.
POLL = 120.0
# Seconds that a node waits at a pair for the other one to begin.
ABSENT = 10 * 60.0


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
        seat = seats.seat(ctx.require_inventory("in-band"), layout.bond_specs(ctx))
        ctx.memo |= {"ready_for_peers": True, "seat": seat}
        ctx.save_memo()
    mine = cohort.schedule(ctx, level)
    if mine is None:
        return _await("waiting for the others of the batch, to test in pairs", batch_topic(ctx.enrollment.batch))
    return _paired(ctx, level, alone, mine, findings)


def _paired(ctx: Context, level: str, alone: RunRow, mine: list[Pair], findings: tuple[Finding, ...]) -> Done | Wait:
    """The pair that is this node's turn; when there is none, what all of them say."""
    turns.show_up(ctx, mine)
    rows = []
    for pair in mine:
        row = check_runs.found(ctx, pair.run(ctx.enrollment.id))
        if row is None and pair.state != pairs.BEGUN:
            continue
        if row is None or row.state == "running":
            ctx.wait_over("for a turn")
            row = _one_pair(ctx, level, pair)
        if row is None:
            return _for_the_other(ctx, level, alone, pair, findings)
        if row.state == "running":
            return check_runs.still_running(ctx, row, f"pair test: {row.progress or 'starting'}")
        rows.append(row)
    # What ended frees the other node and the uplinks.
    turns.begin(ctx)
    left = [p for p in mine if not p.settled and p.run(ctx.enrollment.id) not in {r.run_id for r in rows}]
    if left:
        return _next(ctx, level, alone, left, findings)
    if not mine:
        return Done({"runs": [alone.run_id]}, (*findings, *_no_peer(ctx, findings)))
    return _judged(ctx, alone, mine, rows, findings)


def _next(ctx: Context, level: str, alone: RunRow, left: list[Pair], findings: tuple[Finding, ...]) -> Done | Wait:
    """A pair that has just begun; else a wait for one, and after LATE no more for nodes that are not there."""
    mine = cohort.schedule(ctx, level) or []
    if any(p.state == pairs.BEGUN and check_runs.found(ctx, p.run(ctx.enrollment.id)) is None for p in mine):
        return _paired(ctx, level, alone, mine, findings)
    if ctx.waited("for a turn") > turns.LATE:
        turns.give_up(ctx, turns.away(ctx, left))
        ctx.wait_over("for a turn")
    return _await(f"waiting for its turn in {len(left)} more pair tests", batch_topic(ctx.enrollment.batch))


def _for_the_other(ctx: Context, level: str, alone: RunRow, pair: Pair, findings: tuple[Finding, ...]) -> Done | Wait:
    """The other node of a pair that has begun was not seen at it yet: it is waited for, and then not any more."""
    other = pair.other(ctx.enrollment.id)
    waited = ctx.waited(f"in round {pair.round}")
    server = check_runs.found(ctx, pair.run(pair.server))
    if server is not None and server.state != "running":
        turns.give_up(ctx, [pair], absent=ctx.enrollment.id)
    elif waited > ABSENT or turns.left(ctx, other):
        turns.give_up(ctx, [pair])
    else:
        return _await(f"waiting for the other node of round {pair.round + 1}", run_topic(other))
    return _paired(ctx, level, alone, cohort.schedule(ctx, level) or [], findings)


def _judged(
    ctx: Context, alone: RunRow, mine: list[Pair], rows: list[RunRow], findings: tuple[Finding, ...]
) -> Done | Wait:
    """Good in all pairs: it goes on. Else the pairs of the others say whose fault that is, and are waited for."""
    checks = _peer_checks(ctx)
    asked = any(pair_verdicts.bad(ctx, check, mine) for check in checks) and turns.unsettled(ctx)
    if asked and ctx.waited("for the pairs of others") < turns.LATE:
        why = "a pair test was not passed: waiting for the pairs of other nodes, which show what is to blame"
        return Wait(POLL / 4, why, (batch_topic(ctx.enrollment.batch),), queued=True)
    found = pair_verdicts.verdicts(ctx, checks, mine)
    by_check = {check: next(f for f in found if f.requirement == f"check.{check}") for check in checks}
    with ctx.store() as connection:
        for row in rows:
            evidence.save_run(connection, pair_verdicts.told(row, by_check))
    rest = [replace(row, results=[r for r in row.results if r.check not in checks]) for row in rows]
    paired = (*_of_runs(ctx, rest), *waive(found, replace(ctx.profile, warnings=())))
    runs = [alone.run_id, *(r.run_id for r in rows)]
    if any(f.blocks for f in paired):
        raise StageFailed((*findings, *paired), runs=runs)
    planned = {"planned": len(mine), "measured": len(rows)}
    return Done({"runs": runs, "pairs": planned}, (*findings, *paired))


def _of_runs(ctx: Context, rows: list[RunRow]) -> tuple[Finding, ...]:
    """What the runs say of this node alone: error counters, and whether they came to their end."""
    try:
        return check_runs.conclude(rows, ctx.profile)
    except StageFailed as failed:
        return failed.findings


def _await(why: str, topic: str) -> Wait:
    return Wait(POLL, why, (topic,), queued=True)


def _one_pair(ctx: Context, level: str, pair: Pair) -> RunRow | None:
    """Where our side of a pair stands; None while the other side has to move first."""
    serving = pair.server == ctx.enrollment.id
    run_id = pair.run(ctx.enrollment.id)
    if not serving and check_runs.found(ctx, run_id) is None:
        server = check_runs.found(ctx, pair.run(pair.server))
        if server is None or server.entries == 0 or server.state != "running":
            return None
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


def _peer_spec(ctx: Context, level: str, pair: Pair, serving: bool) -> RunSpec:
    with ctx.store() as connection:
        here = {side: boots.last_boot(connection, getattr(pair, side), "ramdisk") for side in ("server", "client")}
        other = enrollments.get(connection, pair.client if serving else pair.server)
    server, client = (boot.address if boot else "" for boot in here.values())
    return RunSpec(
        run_id=pair.run(ctx.enrollment.id),
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
        remedy="retry another failed node with it, or enroll it again together with another node",
    )  # fmt: skip
    raise StageFailed((*findings, owed), fault="metalctl")


def _owes_a_pair_test(ctx: Context) -> bool:
    with ctx.store() as connection:
        paired = [r for r in evidence.runs(connection, ctx.enrollment.id) if r.kind == "peer"]
    bad = (Verdict.FAIL, Verdict.UNKNOWN)
    return any(r.state != "finished" or any(c.verdict in bad for c in r.results) for r in paired)
