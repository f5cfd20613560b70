"""Where a requirement is written: `memory.balanced` stands in base.yaml, line 9."""

from __future__ import annotations

from metalctl.content.yaml import Mapping, Node, Place, Sequence

# Requirements that carry another name than the key that asks for them.
_KEYS = {
    "memory.usable": "memory.reserved",
    "cpu.microcode": "cpu.uniform",
    "cpu.packages": "cpu.uniform",
    "cpu.model": "cpu.models",
    "bmc.model": "bmc.models",
}
_BONDS = {"switches": "distinct_switches", "cards": "distinct_cards", "link": "members", "mac": "members"}


def where(tree: Mapping, requirement: str) -> Place | None:
    """The place of the key that asks for it, or of the nearest thing around it; None where nothing is near."""
    parts = _KEYS.get(requirement, requirement).split(".")
    top = tree.items.get("checks" if parts[0] == "check" else "requires")
    if top is None:
        return None
    node: Node = top
    place: Place | None = None
    for part in parts[1:] if parts[0] == "check" else parts:
        found = _step(node, _BONDS.get(part, part) if parts[0] == "network" else part)
        if found is None:
            break
        place, node = found
    return place


def _step(node: Node, part: str) -> tuple[Place, Node] | None:
    if isinstance(node, Mapping):
        if part in node.items:
            return node.keys[part], node.items[part]
        # `network.bond0` is an item of requires.network.bonds, and so on.
        inner = (value for value in node.items.values() if isinstance(value, Sequence))
        return next((found for value in inner if (found := _step(value, part))), None)
    if isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            if isinstance(item, Mapping) and (str(index) == part or part in _names(item)):
                return item.place, item
    return None


def _names(item: Mapping) -> set[str]:
    return {str(getattr(item.items.get(key), "text", "")) for key in ("role", "name", "port")}
