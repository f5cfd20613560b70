"""Our own trees: a clean server of each role, found by its name in `_servers`."""

from __future__ import annotations

from metalctl.lab.bmc.capture import Tree
from metalctl.lab.errors import BadCapture
from metalctl.lab.fleet.trees import _chassis, _manager, _network, _services, _storage, _system
from metalctl.lab.fleet.trees._build import Builder
from metalctl.lab.fleet.trees._servers import SERVERS


def names() -> tuple[str, ...]:
    return tuple(sorted(server.role for server in SERVERS))


def load_tree(name: str) -> Tree:
    """The tree of that name; raises BadCapture where there is none."""
    found = {server.role: server for server in SERVERS}.get(name)
    if found is None:
        raise BadCapture(f"no tree is called {name!r}", hint="there are: " + ", ".join(names()))
    builder = Builder(found)
    # In this order: what a part links to is there before it.
    for part in (_storage, _network, _system, _chassis, _manager, _services):
        part.add(builder)
    return builder.tree
