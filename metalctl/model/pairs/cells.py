"""What pair tests measured: one cell for each direction of each pair, and the parts that it goes through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SPINE = "*"


@dataclass(frozen=True, slots=True)
class Cell:
    """Traffic from one node to another. good: None where the figure is too near to its limit to prove anything.

    shown: the figure as people write it ("12.4 Gb/s").
    """

    sender: str
    receiver: str
    good: bool | None
    shown: str = ""

    @property
    def pair(self) -> frozenset[str]:
        """The two nodes."""
        return frozenset((self.sender, self.receiver))


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a fault can be. kind "node": the NIC, the cable or the switch port of that node, which no pair test can
    tell apart. kind "network": the uplink of one switch, what is between several, or SPINE: what all switches share.
    """

    kind: str
    names: tuple[str, ...]

    @property
    def is_node(self) -> bool:
        """Whether it belongs to one node."""
        return self.kind == "node"


# A place in one direction: "tx" is out of it (of a node, of a switch to the others), "rx" into it.
Element = tuple[Place, str]


def node(name: str) -> Place:
    """The NIC, cable and switch port of a node."""
    return Place("node", (name,))


def network(*switches: str) -> Place:
    """The uplink of a switch, or what is between several."""
    return Place("network", tuple(sorted(set(switches))))


def elements(cell: Cell, groups: Mapping[str, str], *, spine: bool) -> Iterator[Element]:
    """What a cell goes through. groups: node → its switch; of a node without one, or with "", it is not known.

    spine: whether there is something that all switches share, other than the only uplink between two.
    """
    yield node(cell.sender), "tx"
    yield node(cell.receiver), "rx"
    here, there = groups.get(cell.sender, ""), groups.get(cell.receiver, "")
    if here and there and here != there:
        yield network(here), "tx"
        yield network(there), "rx"
        if spine:
            yield network(SPINE), ""


def between(cell: Cell, groups: Mapping[str, str]) -> Element | None:
    """The way between exactly these two switches, in this direction; None within one switch."""
    here, there = groups.get(cell.sender, ""), groups.get(cell.receiver, "")
    if not here or not there or here == there:
        return None
    return network(here, there), "tx" if here < there else "rx"
