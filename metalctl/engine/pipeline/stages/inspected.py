"""inspected: the inventory from the BMC, then the ramdisk boots and takes its own; both must speak of one machine.

Evidence: the ramdisk's phone-home under this enrollment's token and boot id, and the two identities.
"""

from __future__ import annotations

import json
from dataclasses import replace

from metalctl.engine.pipeline import power
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.halt import HELD
from metalctl.engine.pipeline.outcome import Done, StageFailed, Wait
from metalctl.engine.reach import runs
from metalctl.model.codec import decode
from metalctl.model.finding import Finding
from metalctl.model.fingerprint import fingerprint
from metalctl.model.identity import Identity, agreements, usable_serial
from metalctl.model.inventory import Inventory
from metalctl.model.same_machine import same_machine
from metalctl.store import nodes

# Every drive's SMART data, and behind a RAID controller that hangs two minutes more; an emulated machine of 128 threads
# did not get there in five.
INSPECT_TIMEOUT = 900.0


def tick(ctx: Context) -> Done | Wait:
    """Read out-of-band, boot the ramdisk, read in-band, compare; each only if it was not done yet."""
    outside = _outside(ctx)
    boot = ctx.boot("ramdisk")
    if boot is None:
        return power.boot_into(ctx, "ramdisk")
    ctx.services.places.release(ctx.enrollment.id)
    inside = ctx.inventory("in-band") or _read_in_band(ctx)
    findings = _compare(ctx, outside, inside) + power.findings(ctx, "ramdisk")
    if any(f.blocks for f in findings):
        raise StageFailed(findings, boot_id=boot.boot_id)
    _learn(ctx, inside.identity)
    agreed = agreements(_known(ctx, outside), inside.identity)
    return Done({"boot_id": boot.boot_id, "address": boot.address, "identity_agrees_on": agreed}, findings)


def _outside(ctx: Context) -> Inventory:
    """As the login of `verified` read it; anew when that gave none, and when an operator held the node meanwhile.

    Not anew once the boot was ordered: during POST a BMC knows less of its machine.
    """
    held = ctx.memo.pop(HELD, False) and "booted_at" not in ctx.memo
    known = None if held else ctx.inventory("out-of-band")
    return known or _read_out_of_band(ctx)


def _read_out_of_band(ctx: Context) -> Inventory:
    with ctx.open_bmc() as session:
        inventory = session.inventory()
    ctx.keep_inventory("out-of-band", inventory)
    return inventory


def _read_in_band(ctx: Context) -> Inventory:
    remote = ctx.remote("ramdisk")
    python = runs.push_bundle(remote, ctx.bundle)
    text = remote.check(*python.command("inspect"), timeout=INSPECT_TIMEOUT)
    inventory = decode(Inventory, json.loads(text))
    ctx.keep_inventory("in-band", inventory)
    return inventory


def _known(ctx: Context, outside: Inventory) -> Identity:
    return ctx.node.identity or outside.identity


def _compare(ctx: Context, outside: Inventory, inside: Inventory) -> tuple[Finding, ...]:
    """Serial, UUID and ports must not contradict; the whole fingerprint tells a swapped board from another machine."""
    known = _known(ctx, outside)
    found = same_machine(
        known,
        inside.identity,
        fingerprint(replace(outside, identity=known)),
        fingerprint(inside),
        source="out-of-band against in-band",
        where=ctx.node.bmc,
    )
    return (found,)


def _learn(ctx: Context, inside: Identity) -> None:
    """The ramdisk knows every port; a BMC often only its own."""
    known = ctx.node.identity or inside
    macs = tuple(sorted({*known.macs, *inside.macs}))
    merged = Identity(
        serial=usable_serial(known.serial) or inside.serial,
        uuid=inside.uuid or known.uuid,  # the kernel's byte order is the table's; a BMC's may be any
        macs=macs,
        manufacturer=known.manufacturer or inside.manufacturer,
        product=known.product or inside.product,
        chassis_serial=known.chassis_serial or inside.chassis_serial,
    )
    with ctx.store() as connection:
        nodes.set_identity(connection, ctx.node.name, merged)
