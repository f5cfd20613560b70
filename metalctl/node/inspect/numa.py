"""NUMA nodes from /sys/devices/system/node: their processors and their memory."""

from __future__ import annotations

import re

from metalctl.model.inventory import NumaNode
from metalctl.node.inspect.host import Host

_NODES = "/sys/devices/system/node"
_TOTAL = re.compile(r"MemTotal:\s+(\d{1,15}) kB")


def collect(host: Host) -> tuple[NumaNode, ...]:
    """Every node by number; a kernel without NUMA has none, and that is said."""
    names = [n for n in host.names(_NODES) if re.fullmatch(r"node\d{1,6}", n)]
    if names:
        host.source("numa", _NODES)
    else:
        host.unreadable("numa", f"{_NODES}: the kernel shows no NUMA nodes")
    return tuple(_node(host, n) for n in sorted(names, key=lambda n: int(n[4:])))


def _node(host: Host, name: str) -> NumaNode:
    return NumaNode(
        node=int(name[4:]),
        cpus=host.text(f"{_NODES}/{name}/cpulist"),
        memory=memory(host.text(f"{_NODES}/{name}/meminfo", f"numa.{name}.memory")),
    )


def memory(meminfo: str) -> int | None:
    """Bytes of a meminfo, of the machine or of a node; None when it states none."""
    total = _TOTAL.search(meminfo)
    return int(total.group(1)) * 1024 if total else None
