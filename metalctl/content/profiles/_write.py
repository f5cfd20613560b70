"""A profile written from golden machines: what they have in common, laid over the profile of their role.

What the role's profile asks and the machines do not state, or do not meet, is taken away by name with the reason beside
it, so that a person sees what the new profile no longer asks. The text is read back and every golden machine is matched
before it is given out: a machine must fit the profile that was made of it.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metalctl.content.errors import ContentError
from metalctl.content.inventories import Sides
from metalctl.content.profiles import _golden
from metalctl.content.yaml import Mapping, Place, Scalar, inline
from metalctl.model.errors import UsageError
from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.match import match
from metalctl.model.profile import Profile


class GoldenError(ContentError, UsageError):
    """Machines of which no profile can be made; nothing was written."""


# Requirement → the keys that ask for it, where they are called otherwise.
_ASKED = {
    "cpu.microcode": "cpu.uniform",
    "cpu.packages": "cpu.uniform",
    "cpu.model": "cpu.models",
    "bmc.clock": "bmc.clock",
}


@dataclass(slots=True)
class Golden:
    """A profile in the making. left: key → why it is not asked."""

    name: str
    role: str
    tree: dict[str, Any]
    below: Mapping
    left: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The YAML."""
        below = self.below.items.get("requires")
        asked = _over(self.tree, below if isinstance(below, Mapping) else Mapping(Place("")), "", self.left)
        lines = [f"role: {self.role}", f"extends: {self.role}"]
        # What a site's profile of the role waives or asks of some makes is not what these machines have in common.
        lines += [f"{key}: ~" for key in ("when", "waivers") if key in self.below.items]
        lines.append("requires:")
        for key, value in asked.items():
            lines += _lines(key, value, self.left)
        return "\n".join(lines) + "\n"


def write(machines: list[Sides], role: str, name: str, tolerance: float, below: Mapping, load: Any) -> str:
    """The YAML of a profile that every machine fits. load: reads a file as a profile.

    Raises GoldenError where a machine does not fit even then: it has a fault of its own.
    """
    wholes = [whole(m) for m in machines]
    golden = Golden(name, role, _golden.requires(wholes, role, tolerance), below)
    for _ in range(8):
        text = _heading(golden, machines) + golden.text()
        profile = _loaded(text, name, load)
        blocking = [(m, f) for m in machines for f in match(m.inventory, profile, m.beside) if f.blocks]
        if not blocking:
            return text
        if not [_drop(golden, sides, finding) for sides, finding in blocking if _droppable(golden, finding)]:
            break
    said = "; ".join(f"{m.name}: {f.requirement}: expected {f.expected}, got {f.got}" for m, f in blocking[:5])
    raise GoldenError(f"no profile can be made: {said}", hint="take a machine without faults, or one less")


def whole(sides: Sides) -> Inventory:
    """The machine as both sides know it: what the first is silent of is the other's."""
    inside, outside = sides.inventory, sides.beside
    if outside is None:
        return inside
    from dataclasses import replace

    return replace(
        inside,
        power_supplies=inside.power_supplies or outside.power_supplies,
        manager=inside.manager or outside.manager,
        tpm=inside.tpm or outside.tpm,
        firmware=inside.firmware or outside.firmware,
        settings=inside.settings or outside.settings,
    )


def _heading(golden: Golden, machines: list[Sides]) -> str:
    names = ", ".join(re.sub(r"[^\x20-\x7e]", "?", m.name) for m in machines)
    return f"# Written by `metalctl profile from` after {names}. Read it: a golden machine has accidents, too.\n"


def _loaded(text: str, name: str, load: Any) -> Profile:
    with tempfile.TemporaryDirectory(prefix="metalctl-profile-") as folder:
        file = Path(folder) / f"{name}.yaml"
        file.write_text(text, encoding="utf-8")
        profile: Profile = load(file)
        return profile


def _key(finding: Finding) -> str:
    """The dotted key below `requires` that asks for it."""
    return _ASKED.get(finding.requirement, finding.requirement)


def _droppable(golden: Golden, finding: Finding) -> bool:
    top, _, rest = _key(finding).partition(".")
    if top in ("disks", "network"):
        return any(rest.endswith(f".{aspect}") for aspect in ("healthy", "full_link", "uniform", "endurance"))
    return _key(finding) not in golden.left and finding.requirement != "memory.usable"


def _drop(golden: Golden, sides: Sides, finding: Finding) -> bool:
    """Takes one requirement away, with the reason."""
    key = _key(finding)
    golden.left[key] = f"{sides.name}: expected {finding.expected}, got {finding.got}"
    top, _, rest = key.partition(".")
    if top == "disks":
        role, _, aspect = rest.partition(".")
        for disk in golden.tree["disks"]:
            if disk["role"] == role:
                disk.pop(aspect, None)
    elif rest:
        golden.tree.get(top, {}).pop(rest, None)
    else:
        golden.tree.pop(top, None)
    return True


def _over(mine: dict[str, Any], below: Mapping, path: str, left: dict[str, str]) -> dict[str, Any]:
    """Mine, and ~ for every key of the role's profile that is not mine."""
    merged: dict[str, Any] = {}
    for key, node in below.items.items():
        dotted = f"{path}.{key}" if path else key
        if key not in mine and dotted in _KEPT and dotted not in left:
            continue
        if key in mine and isinstance(node, Mapping) and isinstance(mine[key], dict):
            merged[key] = _over(mine[key], node, dotted, left)
        elif key not in mine and isinstance(node, Mapping) and _kept_below(node, dotted):
            merged[key] = _over({}, node, dotted, left)
        else:
            merged[key] = mine.get(key)
            if key not in mine:
                left.setdefault(dotted, f"was {node.text}" if isinstance(node, Scalar) else "not stated by all")
    merged |= {key: value for key, value in mine.items() if key not in merged}
    return {key: value for key, value in merged.items() if value != {}}


# What no machine states of itself and every profile of the role asks: it is dropped only where a machine fails it.
_KEPT = frozenset({"memory.reserved", "memory.balanced", "memory.channels", "cpu.uniform", "bmc.clock"})


def _kept_below(node: Mapping, path: str) -> bool:
    return any(f"{path}.{key}" in _KEPT for key in node.items)


def _lines(key: str, value: Any, left: dict[str, str], path: str = "", indent: str = "  ") -> list[str]:
    dotted = f"{path}.{key}" if path else key
    if value is None:
        return [f"{indent}{inline(key)}: ~{_remark(left.get(dotted, ''))}"]
    if isinstance(value, dict):
        inner = [line for k, v in value.items() for line in _lines(k, v, left, dotted, indent + "  ")]
        return [f"{indent}{inline(key)}:", *inner]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [f"{indent}{inline(key)}:", *(f"{indent}  - {inline(item)}" for item in value)]
    return [f"{indent}{inline(key)}: {inline(value)}"]


def _remark(why: str) -> str:
    return f"   # {re.sub(r'[^ -~±≥≤×·…]', '?', why)[:160]}" if why else ""
