"""Two true views of one machine, to be changed by a test, and what merging two inventories finds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.merge import merge
from tests.unit.model import machines


def found(a: Inventory, b: Inventory) -> list[Finding]:
    return list(merge(a, b).findings)


def inside(**changes: Any) -> Inventory:
    taken: Inventory = replace(machines.in_band(), **changes)
    return taken


def outside(**changes: Any) -> Inventory:
    taken: Inventory = replace(machines.out_of_band(), **changes)
    return taken
