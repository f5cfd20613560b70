"""Which machine behind the BMC: the only one, or the one asked for by `?system=ID`. Ids are never assumed.

A machine may be two systems, a host and an accelerator board (see fetch/boards.py): then it is one to choose from.
"""

from __future__ import annotations

from dataclasses import dataclass

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import SystemNotChosen
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.links import lacking, last
from metalctl.bmc.redfish.schema.values import linked


@dataclass(frozen=True, slots=True)
class Machine:
    """path: of the system that boots. boards: of those that are only accelerators of it. others: what the BMC's other
    systems say of themselves. alone: it is the only machine of its BMC.
    """

    path: str
    boards: tuple[str, ...] = ()
    others: tuple[Resource, ...] = ()
    alone: bool = True


def single(collection: Resource) -> list[Machine]:
    """Each system as a machine of its own, before anybody has looked at them."""
    paths = list(dict.fromkeys(linked(collection, "Members")))
    alone = len(paths) == 1 and not lacking(collection, "Members")
    return [Machine(path, alone=alone) for path in paths]


def choose(endpoint: Endpoint, machines: list[Machine]) -> Machine:
    """The machine; raises SystemNotChosen with the ids to choose from."""
    by_id = {last(one.path): one for one in machines}
    if endpoint.system in by_id:
        return by_id[endpoint.system]
    if len(by_id) == 1 and not endpoint.system:
        return next(iter(by_id.values()))
    raise _not_chosen(endpoint, by_id)


def _not_chosen(endpoint: Endpoint, by_id: dict[str, Machine]) -> SystemNotChosen:
    ids = ", ".join(sorted(by_id))
    host = next((i for i, one in by_id.items() if endpoint.system in map(last, one.boards)), "")
    if not by_id:
        what, hint = "manages no system", "check that a blade or node is inserted and powered"
    elif host:
        what = f"has {endpoint.system!r} only as the accelerator board of the system {host}: they are one machine"
        hint = f"use {endpoint.origin}" + (f"?system={host}" if len(by_id) > 1 else "")
    elif endpoint.system:
        what, hint = f"has no system {endpoint.system!r}", f"its systems are: {ids}"
    else:
        what, hint = f"manages {len(by_id)} systems", f"choose one: {endpoint.origin}?system=ID with ID of {ids}"
    return SystemNotChosen(f"{endpoint.origin} {what}", hint=hint, systems=tuple(sorted(by_id)))
