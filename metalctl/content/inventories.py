"""Inventories in JSON files: what `metalctl inspect --json` and `metalctl show NODE --json` print.

A file holds one inventory, or a whole node with `in_band`, `installed` and `out_of_band`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metalctl.content.errors import ContentError
from metalctl.model.codec import DecodeError, decode
from metalctl.model.dossier import Dossier
from metalctl.model.errors import UsageError, why_unreadable
from metalctl.model.inventory import Inventory

MAX_BYTES = 64 * 2**20


class InventoryError(ContentError, UsageError):
    """A file that holds no inventory; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What is known of one machine. inventory: the side that is matched; beside: the other side, where there is one."""

    name: str
    inventory: Inventory
    beside: Inventory | None = None
    dossier: Dossier | None = None


def read(files: list[Path]) -> Sides:
    """One machine from one file, or from two of different sides. Raises InventoryError with file and line or path."""
    found = [side for file in files for side in _sides(file)]
    inside = next((i for i in found if i[0].source == "in-band"), None)
    outside = next((i for i in found if i[0].source != "in-band"), None)
    first = inside or outside
    if first is None or len(found) > 2 or (len(found) == 2 and not (inside and outside)):
        names = ", ".join(map(str, files))
        raise InventoryError(f"{names}: expected one inventory, or one of each side", hint="give one machine at a time")
    beside = outside[0] if inside and outside else None
    return Sides(first[0].identity.serial or files[0].stem, first[0], beside, first[1])


def of_dossier(dossier: Dossier) -> Sides:
    """What the store knows of a node. Raises InventoryError when no inventory was taken so far."""
    inside = dossier.in_band or dossier.installed
    first = inside or dossier.out_of_band
    if first is None:
        raise InventoryError(f"no inventory of {dossier.node} was taken so far", hint="enroll it: metalctl enroll")
    return Sides(dossier.node, first, dossier.out_of_band if inside else None, dossier)


def _sides(file: Path) -> list[tuple[Inventory, Dossier | None]]:
    data = _json(file)
    if not isinstance(data, dict):
        raise InventoryError(f"{file}: expected an inventory (an object), got {type(data).__name__}")
    try:
        if "stage" in data and "node" in data:
            # What the watch last saw of the BMC is printed beside the dossier, and is no part of it.
            sides = of_dossier(decode(Dossier, {k: v for k, v in data.items() if k != "bmc"}))
            return [(side, sides.dossier) for side in (sides.inventory, sides.beside) if side is not None]
        return [(decode(Inventory, data), None)]
    except DecodeError as error:
        hint = error.hint or "write it with: metalctl inspect --local --json, or metalctl show NODE --json"
        raise InventoryError(f"{file}: {error.message}", hint=hint) from error


def _json(file: Path) -> Any:
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InventoryError(f"{file}: {why_unreadable(error)}", hint="check the name and permissions") from error
    if len(raw) > MAX_BYTES:
        raise InventoryError(f"{file}: expected at most {MAX_BYTES // 2**20} MiB, got more")
    try:
        data = json.loads(raw.decode("utf-8-sig"))
        # Half a surrogate pair is legal in JSON's escapes and cannot be printed.
        json.dumps(data, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise InventoryError(f"{file}:{error.lineno}: expected JSON: {error.msg}") from error
    except UnicodeError as error:
        raise InventoryError(f"{file}: expected UTF-8 text, got other bytes") from error
    except (ValueError, RecursionError) as error:
        raise InventoryError(f"{file}: expected JSON of reasonable depth and numbers: {error}"[:200]) from error
    return data
