"""Faults that a rack can be built with: one file a fault, found by its name.

`missing-hdd` in rack.yaml is `missing_hdd.py` here, with one function `apply(node) -> Node` that takes the node as
declared and gives it as it is to be built. Its docstring's first line is what `metalctl lab up` prints.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import cast

from metalctl.lab.spec import Node

Fault = Callable[[Node], Node]


def names() -> tuple[str, ...]:
    """Every fault there is, as written in rack.yaml."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name.replace("_", "-") for name in found if not name.startswith("_")))


def find(name: str) -> Fault:
    """The fault of that name; `KeyError` where there is none."""
    if name not in names():
        raise KeyError(name)
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    return cast(Fault, module.apply)


def inject(node: Node) -> Node:
    """The node with all of its faults applied, in the order written."""
    for name in node.faults:
        node = find(name)(node)
    return node
