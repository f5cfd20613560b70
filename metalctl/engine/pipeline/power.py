"""Booting a node into the ramdisk or its own disk: intent, boot device, power, and then waiting for its call."""

from __future__ import annotations

from sqlalchemy import Connection

from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Wait
from metalctl.model.finding import Finding
from metalctl.model.stage import ORDER, Stage
from metalctl.model.verdict import Verdict
from metalctl.store import boots, records
from metalctl.store.enrollments import Enrollment

# Seconds: what happens meanwhile (a call, a place that becomes free) is told.
POLL = 15.0
# The turn in a queue is told too; this is how old the expected time of a node in it may be.
QUEUED = 120.0
# Power cycles at most; after that the stage's budget ends it.
ATTEMPTS = 3


def boot_into(ctx: Context, system: str) -> Wait:
    """One tick of booting: commands once, then waits. `system`: "ramdisk" or "installed".

    Times are of the stage's own clock (`ctx.elapsed`): nobody sets it, and it stands still while the service is down.
    """
    ordered = ctx.memo.get("booted_at")
    if ordered is not None:
        _see(ctx)
        # An installed system boots from its disk: what the network sees of it says little about how far it is.
        given_up = _given_up(ctx, float(ordered), watched=system == "ramdisk")
        if not given_up:
            ctx.services.places.hold(ctx.enrollment.id)
            waited = ctx.memo.get("seen") or f"{ctx.elapsed - float(ordered):.0f} s"
            return Wait(POLL, f"booting the {system} system ({waited})")
        ctx.memo.setdefault("boots_given_up", []).append(given_up)
        ctx.memo["booted_at"] = None
    attempt = int(ctx.memo.get("boot_attempts", 0))
    if attempt >= ATTEMPTS:
        # It may still call, but nobody waits behind it for that.
        ctx.services.places.release(ctx.enrollment.id)
        return Wait(POLL * 4, f"the {system} system did not call after {attempt} power cycles: see the console")
    if not ctx.services.places.claim(ctx.enrollment.id, ctx.enrollment.priority):
        before, wait = ctx.services.places.before(ctx.enrollment.id), ctx.services.places.expected(ctx.enrollment.id)
        why = f"waiting for a place among the booting nodes ({before} before it)"
        return Wait(QUEUED, why, queued=True, expected=wait)
    _command(ctx, system, attempt + 1)
    return Wait(POLL, f"powered on to boot the {system} system")


def findings(ctx: Context, system: str) -> tuple[Finding, ...]:
    """A warning when the system came up only after further power cycles: such a node may do it again."""
    given_up = list(ctx.memo.get("boots_given_up", []))
    if not given_up:
        return ()
    return (
        Finding(
            f"boot.{system}", Verdict.FAIL, f"the {system} system calls after one power-on",
            f"it called after {len(given_up) + 1}: {'; '.join(given_up)}", source="boot service", severity="warning",
            remedy="read the node's console log of that boot; if it hangs again, update its firmware or replace it",
        ),
    )  # fmt: skip


def touched(connection: Connection, enrollment: Enrollment) -> bool:
    """Whether the power of the node may have been switched for this enrollment."""
    if ORDER.index(enrollment.stage) > ORDER.index(Stage.INSPECTED) or boots.newest(connection, enrollment.id):
        return True
    row = records.stage(connection, enrollment.id, Stage.INSPECTED)
    return row is not None and "ordering" in row.memo


def _given_up(ctx: Context, ordered: float, *, watched: bool) -> str:
    """Why this boot will not come any more; "" while it may."""
    boot = ctx.services.settings.boot
    if ctx.elapsed - ordered >= boot.patience:
        return f"no call in {ctx.elapsed - ordered:.0f} s"
    if watched and ctx.memo.get("seen") and ctx.elapsed - float(ctx.memo["seen_at"]) >= boot.silence:
        return f"silent for {ctx.elapsed - float(ctx.memo['seen_at']):.0f} s after {ctx.memo['seen']!r}"
    return ""


def _command(ctx: Context, system: str, attempt: int) -> None:
    """Order a boot, once an attempt: who died, or was told that the power did not come, looks before it cuts it."""
    device = "pxe" if system == "ramdisk" else "disk"
    if ctx.memo.get("ordering") != attempt:
        _order(ctx, system, attempt)
    ctx.services.connections.forget(ctx.enrollment.id)
    ctx.fence()
    with ctx.open_bmc() as session:
        on = session.power() == "on"
        if not (on and _under_way(ctx, system)):
            session.set_boot(device, persistent=system == "installed")
            session.set_power("cycle" if on else "on")
    ctx.memo.update(booted_at=ctx.elapsed, boot_attempts=attempt, seen="")
    ctx.save_memo()
    ctx.audit("power-on", system=system, attempt=attempt)


def _order(ctx: Context, system: str, attempt: int) -> None:
    """Before the power: what is served from now on is for this boot, and what was seen before says nothing of it."""
    with ctx.store() as connection:
        boots.set_intent(connection, ctx.node.name, ctx.enrollment.id, "ramdisk" if system == "ramdisk" else "local")
        if system == "ramdisk":
            boots.revoke_tokens(connection, ctx.enrollment.id, "ramdisk")
    newest = _newest(ctx)
    ctx.memo.update(ordering=attempt, seen_id=newest[0] if newest else 0)
    ctx.save_memo()


def _under_way(ctx: Context, system: str) -> bool:
    """Whether the boot that was ordered has begun, although we do not know it: its script was served, or it called."""
    if ctx.boot(system) is not None:
        return True
    with ctx.store() as connection:
        return system == "ramdisk" and boots.has_waiting_token(connection, ctx.enrollment.id, "ramdisk")


def _see(ctx: Context) -> None:
    """Note what the boot network saw of the node since the last look."""
    newest = _newest(ctx)
    if newest is not None and newest[0] > int(ctx.memo.get("seen_id", 0)):
        ctx.memo.update(seen_id=newest[0], seen=newest[1], seen_at=ctx.elapsed)


def _newest(ctx: Context) -> tuple[int, str] | None:
    macs = list(ctx.node.identity.macs) if ctx.node.identity else []
    with ctx.store() as connection:
        return boots.newest_sighting(connection, macs) if macs else None
