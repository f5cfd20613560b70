"""Booting a node into the ramdisk or its own disk: intent, boot device, power, and then waiting for its call."""

from __future__ import annotations

import time
from datetime import datetime

from metalctl.engine.context import Context
from metalctl.engine.outcome import Wait
from metalctl.engine.settings import Boot
from metalctl.model.finding import Finding
from metalctl.model.verdict import Verdict
from metalctl.store import boots

POLL = 3.0
# Power cycles at most; after that the stage's budget ends it.
ATTEMPTS = 3


def boot_into(ctx: Context, system: str) -> Wait:
    """One tick of booting: commands once, then waits. `system`: "ramdisk" or "installed"."""
    ordered = ctx.memo.get("booted_at")
    if ordered is not None:
        seen = _last_seen(ctx)
        # An installed system boots from its disk: what the network sees of it says little about how far it is.
        boot = ctx.services.settings.boot
        given_up = _given_up(boot, time.time(), float(ordered), seen if system == "ramdisk" else None)
        if not given_up:
            ctx.services.claim_boot(ctx.enrollment.id)
            waited = f"{time.time() - float(ordered):.0f} s"
            return Wait(POLL, f"booting the {system} system ({seen[1] if seen else waited})")
        ctx.memo.setdefault("boots_given_up", []).append(given_up)
        ctx.memo["booted_at"] = None
    attempt = int(ctx.memo.get("boot_attempts", 0))
    if attempt >= ATTEMPTS:
        return Wait(POLL * 5, f"the {system} system did not call after {attempt} power cycles: see the console")
    if not ctx.services.claim_boot(ctx.enrollment.id):
        return Wait(POLL, "waiting for a place among the booting nodes")
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


def _given_up(boot: Boot, now: float, ordered: float, seen: tuple[float, str] | None) -> str:
    """Why this boot will not come any more; "" while it may."""
    if now - ordered >= boot.patience:
        return f"no call in {now - ordered:.0f} s"
    if seen is not None and ordered <= seen[0] <= now - boot.silence:
        return f"silent for {now - seen[0]:.0f} s after {seen[1]!r}"
    return ""


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


def _last_seen(ctx: Context) -> tuple[float, str] | None:
    """(epoch seconds, what) of the last that the boot network saw of the node."""
    macs = list(ctx.node.identity.macs) if ctx.node.identity else []
    with ctx.store() as connection:
        sightings = boots.sightings(connection, macs) if macs else []
    if not sightings:
        return None
    at, _, what = sightings[-1]
    return datetime.fromisoformat(at).timestamp(), what
