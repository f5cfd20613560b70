"""Booting a node into the ramdisk or its own disk: intent, boot device, power, and then waiting for its call."""

from __future__ import annotations

import time

from metalctl.engine.context import Context
from metalctl.engine.outcome import Wait
from metalctl.store import boots

POLL = 3.0
# A node that did not call in this long is power-cycled again, so often at most; after that the stage's budget ends it.
PATIENCE = 20 * 60.0
ATTEMPTS = 3


def boot_into(ctx: Context, system: str) -> Wait:
    """One tick of booting: commands once, then waits. `system`: "ramdisk" or "installed"."""
    ordered = ctx.memo.get("booted_at")
    if ordered is not None and time.time() - float(ordered) < PATIENCE:
        ctx.services.claim_boot(ctx.enrollment.id)
        return Wait(POLL, f"booting the {system} system{_seen(ctx, float(ordered))}")
    attempt = int(ctx.memo.get("boot_attempts", 0))
    if attempt >= ATTEMPTS:
        return Wait(POLL * 5, f"the {system} system did not call after {attempt} power cycles: see the console")
    if not ctx.services.claim_boot(ctx.enrollment.id):
        return Wait(POLL, "waiting for a place among the booting nodes")
    _command(ctx, system, attempt + 1)
    return Wait(POLL, f"powered on to boot the {system} system")


def _command(ctx: Context, system: str, attempt: int) -> None:
    action, device = ("ramdisk", "pxe") if system == "ramdisk" else ("local", "disk")
    with ctx.store() as connection:
        boots.set_intent(connection, ctx.node.name, ctx.enrollment.id, action)
    ctx.services.forget_remote(ctx.enrollment.id)
    with ctx.open_bmc() as session:
        session.set_boot(device, persistent=system == "installed")
        session.set_power("cycle" if session.power() == "on" else "on")
    ctx.memo.update(booted_at=time.time(), boot_attempts=attempt)
    ctx.save_memo()
    ctx.audit("power-on", system=system, attempt=attempt)


def _seen(ctx: Context, since: float) -> str:
    """The last that the boot network saw of the node, for people who wait."""
    macs = list(ctx.node.identity.macs) if ctx.node.identity else []
    with ctx.store() as connection:
        sightings = boots.sightings(connection, macs) if macs else []
    return f" ({sightings[-1][2]})" if sightings else f" ({time.time() - since:.0f} s)"
