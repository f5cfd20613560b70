"""One tree laid over another: mappings merge key by key, at every depth; lists and single values replace. `~` takes a
key away."""

from __future__ import annotations

from metalctl.content.errors import Problem
from metalctl.content.yaml._tree import Mapping, Node, Scalar, short


def merge(below: Mapping, above: Mapping, problems: list[Problem]) -> Mapping:
    """The child `above` laid over its parent `below`."""
    merged = Mapping(above.place, dict(below.items), dict(below.keys))
    for key, value in above.items.items():
        inherited = below.items.get(key)
        if isinstance(value, Scalar) and value.is_null:
            if inherited is None:
                problems.append(_nothing_to_remove(key, value))
            merged.items.pop(key, None)
            merged.keys.pop(key, None)
            continue
        if isinstance(value, Mapping) and isinstance(inherited, Mapping):
            merged.items[key] = merge(inherited, value, problems)
        else:
            no_removal(value, problems)
            merged.items[key] = value
        merged.keys[key] = above.keys[key]
    return merged


def no_removal(node: Node, problems: list[Problem]) -> None:
    """Where nothing is inherited, an empty value is a slip of the pen: it is noted and dropped."""
    if not isinstance(node, Mapping):
        return
    for key, value in list(node.items.items()):
        if isinstance(value, Scalar) and value.is_null:
            problems.append(_nothing_to_remove(key, value))
            del node.items[key]
        else:
            no_removal(value, problems)


def _nothing_to_remove(key: str, value: Scalar) -> Problem:
    message = f"{short(key)}: expected a value, got nothing (and nothing is inherited that could be taken away)"
    return Problem(value.place, message, "write {} for a check without limits, or drop the line")
