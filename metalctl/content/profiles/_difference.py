"""What one profile asks and another does not, key by key, in the words of the files."""

from __future__ import annotations

from dataclasses import dataclass

from metalctl.content.yaml import Mapping, Node, Scalar


@dataclass(frozen=True, slots=True)
class Difference:
    """One key (dotted) and what stands under it on each side; "" where it is not asked."""

    key: str
    before: str
    after: str


def differences(a: Mapping, b: Mapping) -> list[Difference]:
    """Every key whose value differs, sorted. Items of lists are told apart by role, name or port."""
    before, after = flat(a), flat(b)
    keys = sorted(before.keys() | after.keys())
    return [Difference(k, before.get(k, ""), after.get(k, "")) for k in keys if before.get(k) != after.get(k)]


def flat(node: Node, path: str = "") -> dict[str, str]:
    """Dotted key → text of every single value; a list of single values is one text."""
    if isinstance(node, Scalar):
        return {path: node.text}
    if isinstance(node, Mapping):
        if not node.items:
            return {path: "{}"} if path else {}
        return {k: t for key, value in node.items.items() for k, t in flat(value, _join(path, key)).items()}
    if all(isinstance(item, Scalar) for item in node.items):
        return {path: ", ".join(item.text for item in node.items if isinstance(item, Scalar))}
    found: dict[str, str] = {}
    for index, item in enumerate(node.items):
        found |= flat(item, f"{path}[{_name(item, index)}]")
    return found


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _name(item: Node, index: int) -> str:
    if isinstance(item, Mapping):
        for key in ("role", "name", "port", "requirement"):
            if isinstance(named := item.items.get(key), Scalar):
                return named.text
    return str(index)
