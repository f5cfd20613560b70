"""verified: we logged in, read who the machine is, it is the one that was expected, and nobody else claims to be it.

The login is used for the inventory too: the next stage would log in again for it a moment later.

A node that was enrolled before as another machine is told as a warning: enrolling it anew is how a swapped board is
accepted, but it must not happen unseen.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

from metalctl.bmc.discovery.expected import differences
from metalctl.bmc.discovery.manifest import Machine
from metalctl.bmc.errors import BmcError
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, StageFailed, Wait
from metalctl.model.codec import decode, encode
from metalctl.model.finding import Finding
from metalctl.model.identity import Identity, contradictions, usable_macs, usable_serial, usable_uuid
from metalctl.model.verdict import Verdict
from metalctl.store import nodes


def tick(ctx: Context) -> Done | Wait:
    """Authenticated read of the identity, and a look for duplicates."""
    with ctx.open_bmc() as session:
        done = _judged(ctx, session.identity())
        with contextlib.suppress(BmcError):  # the next stage asks again, and tells what it was
            ctx.keep_inventory("out-of-band", session.inventory())
    return done


def _judged(ctx: Context, identity: Identity) -> Done:
    """What is made of who the machine is; raises StageFailed."""
    if not (usable_serial(identity.serial) or usable_uuid(identity.uuid) or usable_macs(identity.macs)):
        raise StageFailed((_nameless(),))
    expected = _expected(ctx, identity)
    if any(f.blocks for f in expected):
        raise StageFailed(expected)
    with ctx.alone() as connection:  # two rows of one machine may be looked at in the same moment
        twins = nodes.same_machine(connection, ctx.node.name, identity)
        if not twins:
            nodes.set_identity(connection, ctx.node.name, identity)
    if twins:
        raise StageFailed((_duplicate(twins),))
    return Done({"identity": encode(identity)}, expected + _before(ctx.node.identity, identity))


def _expected(ctx: Context, identity: Identity) -> tuple[Finding, ...]:
    """The serial against the manifest that the node was enrolled with. After a login, silence is UNKNOWN and blocks."""
    stated = ctx.options.get("expected", {}).get(ctx.node.name)
    if not stated:
        return ()
    found = differences(decode(Machine, stated), identity, source="out-of-band, logged in")
    return tuple(replace(f, severity="error") for f in found if f.requirement == "expected.serial")


def _before(known: Identity | None, seen: Identity) -> tuple[Finding, ...]:
    """What an earlier enrollment of this node remembered, where it contradicts."""
    if known is None or not (wrong := contradictions(seen, known)):
        return ()
    told = Finding(
        "identity.before", Verdict.FAIL, "the machine that this node was enrolled as before", "; ".join(wrong),
        source="out-of-band, logged in", severity="warning",
        remedy="nothing, if the machine or its board was swapped on purpose; else correct the BMC's address in the row",
    )  # fmt: skip
    return (told,)


def _nameless() -> Finding:
    return Finding(
        "identity", Verdict.UNKNOWN, "a serial, a UUID or a MAC address", "none that means anything",
        source="out-of-band", remedy="set the system serial number in the BMC, or give the node's MAC addresses",
    )  # fmt: skip


def _duplicate(twins: list[str]) -> Finding:
    return Finding(
        "identity.unique", Verdict.FAIL, "a machine that no other node claims", f"the same as {', '.join(twins)}",
        source="out-of-band", remedy="two rows name one machine: remove one, or correct its BMC address",
    )  # fmt: skip
