"""prepared: the disks that will be written carry nothing that somebody may miss, and the bonds stand.

Old data on such a disk stops the node unless the operator allowed erasing (`enroll --allow-erase`).
"""

from __future__ import annotations

import json
from typing import Any

from metalctl.engine import again, layout, runs
from metalctl.engine.context import Context
from metalctl.engine.outcome import Done, StageFailed, Wait
from metalctl.engine.remote import Remote
from metalctl.model.codec import encode
from metalctl.model.finding import Finding
from metalctl.model.inventory import Disk
from metalctl.model.verdict import Verdict

POLL = 4.0
# Seconds for the switch to answer: an emulated one on a busy machine takes its time.
LACP_DEADLINE = 120


def tick(ctx: Context) -> Done | Wait:
    """Look at the disks, then make the bonds; both read back what is there."""
    remote = ctx.remote("ramdisk")
    python = runs.push_bundle(remote, ctx.bundle)
    findings = _hygiene(ctx, remote, python)
    if any(f.blocks for f in findings):
        raise StageFailed(findings)
    bonds = _make_bonds(ctx, remote, python)
    if bonds is None:
        return Wait(POLL, "making the bonds")
    return Done({"bonds": bonds, "disks": [f.part for f in findings]}, findings)


def _hygiene(ctx: Context, remote: Remote, python: runs.Python) -> tuple[Finding, ...]:
    """One finding a disk that metalctl will write to: the root disk and the WAL devices."""
    looked = json.loads(remote.check(*python.command("disks"), timeout=120))
    state = {(d["serial"], d["size"]): d for d in looked}
    to_write = [layout.root_disk(ctx), *layout.roles(ctx).get("wal", ())]
    allowed = again.may_erase(ctx.options, ctx.enrollment.id)
    return tuple(_disk_finding(disk, state.get((disk.key, disk.size)), allowed) for disk in to_write)


def _disk_finding(disk: Disk, state: dict[str, list[str]] | None, allowed: bool) -> Finding:
    expected = "an unused disk without data"
    if state is None:
        return Finding(
            "disks.hygiene", Verdict.UNKNOWN, expected, "it is no longer there", disk.label, "in-band",
            "the disk vanished after the inventory: reseat it and enroll again with --retry",
        )  # fmt: skip
    if state["refusals"]:
        return Finding(
            "disks.hygiene", Verdict.FAIL, expected, "; ".join(state["refusals"]), disk.label, "in-band",
            "release the disk (unmount, stop arrays and volumes), then enroll again with --retry",
        )  # fmt: skip
    if state["signatures"] and not allowed:
        return Finding(
            "disks.hygiene", Verdict.FAIL, expected, f"carries {', '.join(state['signatures'])}", disk.label, "in-band",
            "if nobody needs this data, enroll again with --retry --allow-erase",
        )  # fmt: skip
    got = f"erasing was allowed: {', '.join(state['signatures'])}" if state["signatures"] else "no data found"
    return Finding("disks.hygiene", Verdict.PASS, expected, got, disk.label, "in-band")


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
