"""A technician's hand on an emulated node: its faults are taken away, the node stays the one it was.

It is powered off for that, as a server is, and stays off. Its disks keep what is on them; one that was too small is a
new, empty one. What is not in the node itself (a cable, a power supply, the BMC's clock) is a process of the rack that
runs: for these the rack has to be taken down.
"""

from __future__ import annotations

import json
from dataclasses import replace

from metalctl.lab.errors import LabStateError
from metalctl.lab.rack import hypervisor, info, plan
from metalctl.lab.rack.info import NodeInfo
from metalctl.lab.rack.paths import LabPaths
from metalctl.lab.rack.plan import PlannedNode
from metalctl.lab.spec import Node, Rack
from metalctl.model.codec import decode, encode


def remember(lab: LabPaths, rack: Rack) -> None:
    """Keeps the rack as declared, for a later `node`."""
    lab.declared.write_text(json.dumps(encode(rack)) + "\n")


def node(lab: LabPaths, name: str) -> NodeInfo:
    """Takes all faults of the node away; what it is now. Raises `LabStateError` and has changed nothing."""
    rack = decode(Rack, json.loads(lab.declared.read_text()))
    built = info.load(lab)
    if built is None or name not in {one.name for one in rack.nodes}:
        known = ", ".join(one.name for one in rack.nodes)
        raise LabStateError(f"lab {lab.name} has no node {name!r}", hint=f"its nodes are {known}")
    sound = replace(rack, nodes=tuple(_sound(one, name) for one in rack.nodes))
    before, after = (_planned(lab, one, name) for one in (rack, sound))
    if before == after:
        raise LabStateError(f"node {name} has no fault", hint="`metalctl lab status` lists the faults")
    _refuse_what_is_outside(before, after)
    hypervisor.redefine(lab, after, built.accelerator)
    told = replace(built.node(name), firmware=after.node.firmware, faults=[], disks=[info.disk(d) for d in after.disks])
    info.save(lab, replace(built, nodes=[told if one.name == name else one for one in built.nodes]))
    remember(lab, sound)
    return told


def _sound(one: Node, name: str) -> Node:
    return replace(one, faults=()) if one.name == name else one


def _planned(lab: LabPaths, rack: Rack, name: str) -> PlannedNode:
    return next(one for one in plan.make(rack, lab.name, lab.state).nodes if one.node.name == name)


def _refuse_what_is_outside(before: PlannedNode, after: PlannedNode) -> None:
    outside = {
        "its cables": (before.ports, before.switches) != (after.ports, after.switches),
        "its power supplies": before.node.supplies != after.node.supplies,
        "its BMC's clock": before.node.clock_skew != after.node.clock_skew,
    }
    if wrong := [what for what, differs in outside.items() if differs]:
        raise LabStateError(
            f"node {before.node.name}: {' and '.join(wrong)} cannot be repaired while the rack is up",
            hint="`metalctl lab down`, take the fault out of rack.yaml, `metalctl lab up`",
        )
