"""Our own trees: a clean server of each role, found by name. One file a server, with one constant `SERVER`."""

from __future__ import annotations

import importlib
import pkgutil
from typing import cast

from metalctl.lab.fleet.capture import Tree
from metalctl.lab.fleet.errors import BadCapture
from metalctl.lab.fleet.trees._build import build
from metalctl.lab.fleet.trees._spec import Server


def names() -> tuple[str, ...]:
    """Every server there is."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")))


def load_tree(name: str) -> Tree:
    """The tree of that name; raises BadCapture where there is none."""
    if name not in names():
        raise BadCapture(f"no tree is called {name!r}", hint="there are: " + ", ".join(names()))
    return build(cast(Server, importlib.import_module(f"{__name__}.{name}").SERVER))
