"""accepted: the profile's acceptance checks on the installed system, and its own inventory."""

from __future__ import annotations

import json

from metalctl.engine import check_runs, layout, runs
from metalctl.engine.context import Context
from metalctl.engine.outcome import Done, Wait
from metalctl.model.codec import decode
from metalctl.model.inventory import Inventory
from metalctl.model.run import RunSpec
from metalctl.store import evidence

POLL = 4.0


def tick(ctx: Context) -> Done | Wait:
    """Inventory once, then the checks."""
    if ctx.inventory("installed") is None:
        _inspect(ctx)
    row = check_runs.follow(ctx, _spec(ctx), "installed", "accept", str(ctx.options.get("level", "quick")))
    if row.state == "running":
        return Wait(POLL, row.progress or "checks are starting")
    return Done({"runs": [row.run_id]}, check_runs.conclude([row], ctx.profile))


def _inspect(ctx: Context) -> None:
    remote = ctx.remote("installed")
    python = runs.push_bundle(remote)
    inventory = decode(Inventory, json.loads(remote.check(*python.command("inspect"), timeout=300)))
    with ctx.store() as connection:
        evidence.add_inventory(connection, ctx.node.name, ctx.enrollment.id, "installed", inventory)


def _spec(ctx: Context) -> RunSpec:
    boot = ctx.boot("installed")
    return RunSpec(
        run_id=f"{ctx.enrollment.id}-accepted-{ctx.enrollment.attempt}",
        node=ctx.node.name,
        kind="accept",
        level=str(ctx.options.get("level", "quick")),
        checks={name: ctx.profile.checks.get(name, {}) for name in ctx.profile.accept},
        roles={role: tuple(d.key for d in disks) for role, disks in layout.roles(ctx).items()},
        bonds=layout.bond_specs(ctx),
        boot_id=boot.boot_id if boot else "",
        errors=ctx.profile.errors,
    )
