"""What can be wrong with a node, each declared once: as a simulated BMC tells it, as a rack is built, or both.

`--fault busy-409=0.1` and `faults: [smt-off]` in rack.yaml are classes of this room, found by the name that they are
declared with. The first line of a class' docstring is what `--fault help` prints. Which simulated BMCs have a fault is
drawn from the seed: the same seed, the same BMCs, and exactly the share that was asked for.

    class SmtOff(Hardware, name="smt-off", rack=("smt-off",)):
        def damage(self) -> None: ...            # the simulated BMC: its resources from the start
        @staticmethod
        def build(node, fault) -> Node: ...      # the emulated rack: the node as it is to be built
"""

from __future__ import annotations

import hashlib
import math

from metalctl.lab.bmc.bmc import Bmc
from metalctl.lab.bmc.settings import FaultShare
from metalctl.lab.errors import BadFault
from metalctl.lab.faults import acting, drives, memory, network, reading, setup, supplies
from metalctl.lab.faults.base import ON_BMC, ON_RACK, Fault
from metalctl.lab.spec import Node

__all__ = ["attach", "chosen", "find", "inject", "names", "parse_fault", "rack_names", "summaries"]
FAMILIES = (acting, drives, memory, network, reading, setup, supplies)


def names() -> tuple[str, ...]:
    """Every fault of a simulated BMC, as written after --fault."""
    return tuple(sorted(ON_BMC))


def rack_names() -> tuple[str, ...]:
    """Every fault of an emulated node, as written in rack.yaml."""
    return tuple(sorted(ON_RACK))


def find(name: str) -> type[Fault]:
    """The fault of a simulated BMC with that name; `KeyError` where there is none."""
    return ON_BMC[name]


def summaries() -> dict[str, str]:
    """Name → what the fault does to a simulated BMC, in one line."""
    return {name: (find(name).__doc__ or "").strip().partition("\n")[0] for name in names()}


def inject(node: Node) -> Node:
    """The node as it is to be built, with all of its faults, in the order written. Raises `RackFileError`."""
    for name in node.faults:
        node = ON_RACK[name].build(node, name)
    return node


def chosen(share: FaultShare, count: int, seed: int) -> frozenset[int]:
    """Which of `count` BMCs have the fault: round(rate × count) of them."""
    drawn = sorted(range(count), key=lambda index: _draw(f"{seed}/{share.name}/{index}"))
    return frozenset(drawn[: round(share.rate * count)])


def attach(bmcs: list[Bmc]) -> None:
    """Gives each BMC its faults."""
    if not bmcs:
        return
    settings = bmcs[0].settings
    for share in settings.faults:
        kind = find(share.name)
        for index in sorted(chosen(share, len(bmcs), settings.seed)):
            bmcs[index].faults = (*bmcs[index].faults, kind(bmcs[index], share))


def parse_fault(text: str) -> FaultShare:
    """NAME=RATE or NAME:PARAMETER=RATE; RATE is a share (0.05) or a percentage (5%). Raises BadFault."""
    left, equals, right = text.rpartition("=")
    name, _, parameter = (left if equals else right).partition(":")
    if name not in ON_BMC:
        raise BadFault(f"no fault is called {name!r}", hint="there are: " + ", ".join(names()))
    rate = _number(right.removesuffix("%")) / (100 if right.endswith("%") else 1) if equals else 1.0
    if not 0 <= rate <= 1:
        raise BadFault(f"fault {name}: {right!r} is not a share", hint="write it like 0.05 or 5%")
    if parameter and find(name).numeric and not math.isfinite(_number(parameter)):
        hint = f"write it like {name}:{find(name).default}=5%"
        raise BadFault(f"fault {name}: {parameter!r} is not a number", hint=hint)
    return FaultShare(name, rate, parameter)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _draw(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=8).digest()
