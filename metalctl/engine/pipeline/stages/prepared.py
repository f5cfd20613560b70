"""prepared: the disks that will be written carry nothing that somebody may miss, and the bonds stand.

Old data on such a disk, known or not, stops the node unless the operator allowed erasing (`enroll --allow-erase`).
Which disks were looked at, in which boot, goes into the evidence: only these may be written later.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from metalctl.engine.errors import EngineError
from metalctl.engine.pipeline import again, hygiene, layout
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, StageFailed, Wait
from metalctl.engine.reach import runs
from metalctl.engine.reach.remote import Remote
from metalctl.model.codec import encode
from metalctl.model.finding import Finding
from metalctl.model.inventory import Disk
from metalctl.model.verdict import Verdict

POLL = 4.0
# Seconds for the switch to answer: an emulated one on a busy machine takes its time.
LACP_DEADLINE = 120
_TRIES = 3


def tick(ctx: Context) -> Done | Wait:
    """Look at the disks, then make the bonds; both read back what is there."""
    remote = ctx.remote("ramdisk")
    python = runs.push_bundle(remote, ctx.bundle)
    disks = [layout.root_disk(ctx), *layout.roles(ctx).get("wal", ())]
    looked = _looked(ctx, remote, python, disks)
    if isinstance(looked, str):
        return Wait(POLL, looked)
    findings = _findings(ctx, disks, looked)
    if any(f.blocks for f in findings):
        raise StageFailed(findings)
    bonds = _make_bonds(ctx, remote, python)
    if bonds is None:
        return Wait(POLL, "making the bonds")
    states = (hygiene.of(disk, looked) for disk in disks)
    told = {"disks": [f.part for f in findings], "looked_at": [hygiene.identity(s) for s in states if s]}
    return Done({"bonds": bonds, **told}, findings)


def _looked(ctx: Context, remote: Remote, python: runs.Python, disks: Sequence[Disk]) -> list[hygiene.State] | str:
    """Read once: a disk of which this was said is not read again while the bonds are made."""
    if "looked" not in ctx.memo:
        looked = hygiene.look(ctx, remote, python, disks)
        if isinstance(looked, str):
            return looked
        ctx.memo["looked"] = looked
    return list(ctx.memo["looked"])


def _findings(ctx: Context, disks: Sequence[Disk], looked: Sequence[hygiene.State]) -> tuple[Finding, ...]:
    """One finding a disk that metalctl will write to: the root disk and the WAL devices."""
    boot = ctx.boot("ramdisk")
    allowed = again.may_erase(ctx.options, ctx.enrollment.id)
    return tuple(hygiene.finding(d, looked, boot.boot_id if boot else "", may_erase=allowed) for d in disks)


def _make_bonds(ctx: Context, remote: Remote, python: runs.Python) -> list[object] | None:
    """The bonds as they stand; None while they are being made.

    Detached, because the SSH session runs over one of the ports that a bond takes in.
    """
    specs = layout.bond_specs(ctx)
    if not specs:
        return []
    name = f"metalctl-network-{ctx.enrollment.id}-{ctx.enrollment.attempt}"
    result = remote.read_from(f"/run/{name}.result", 0)
    if result:
        return _made(json.loads(result))
    if runs.unit_active(remote, name):
        return None
    tries = ctx.memo["bonding"] = int(ctx.memo.get("bonding", 0)) + 1
    if tries > _TRIES:
        raise EngineError("making the bonds ended without a result", hint="see the node's console and its journal")
    ctx.fence()
    remote.put(f"/run/{name}.json", json.dumps({"bonds": encode(specs)}).encode())
    words = ("network", f"/run/{name}.json", "--result", f"/run/{name}.result", "--deadline", str(LACP_DEADLINE))
    remote.check("systemd-run", f"--unit={name}", "--collect", "--quiet", *python.command(*words))
    return None


def _made(result: dict[str, Any]) -> list[object]:
    if "error" not in result:
        return list(result["bonds"])
    error = result["error"]
    finding = Finding(
        "network.bond", Verdict.FAIL, "a bond with its LACP partner", error["message"], source="in-band",
        remedy=error["hint"] or "check the switch's port-channel and the cables of its ports",
    )  # fmt: skip
    raise StageFailed((finding,))
