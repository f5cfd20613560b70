"""Our own side of the benchmark, in a process of its own. An order on stdin, one JSON object on stdout.

what: "sweep" (twice with the same memory: what the service does again and again) or "scan". Times are of the
work alone; rss_mb is of the whole process, interpreter and imports included.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections import Counter
from typing import Any

from bench._fleet import taken

Order = dict[str, Any]


def main() -> int:
    """Do what the order says."""
    order = json.load(sys.stdin)
    told = {"sweep": _sweep, "scan": _scan}[order["what"]](order)
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def _rss() -> float:
    """The most memory so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _places(order: Order) -> tuple[list[Any], Any]:
    from metalctl.bmc import Credential, parse_endpoint

    endpoints = [parse_endpoint(url) for url in order["urls"]]
    return endpoints, Credential(order["username"], order["password"])


def _sweep(order: Order) -> Order:
    endpoints, credential = _places(order)
    memory: dict[str, Any] = {}
    first = asyncio.run(_swept(endpoints, credential, memory, order["concurrency"]))
    between = taken(order["statistics"])
    again = asyncio.run(_swept(endpoints, credential, memory, order["concurrency"]))
    told: Order = {
        "first": {**first, "statistics": between},
        "again": {**again, "statistics": taken(order["statistics"])},
    }
    told["rss_mb"] = _rss()
    return told


async def _swept(endpoints: list[Any], credential: Any, memory: Any, concurrency: int) -> Order:
    from metalctl.bmc.redfish.sweep.sweeping import sweep

    cpu, begun = _cpu(), time.perf_counter()
    good, unchanged, powered, errors, missing = 0, 0, 0, Counter[str](), Counter[str]()
    facts = ""
    async for one in sweep(endpoints, credential, memory=memory, concurrency=concurrency, deadline=300.0):
        unchanged += one.unchanged
        powered += one.power in ("on", "off")
        if one.error:
            errors[type(one.error).__name__] += 1
        elif one.unchanged or one.inventory is not None:
            good += 1
        if not one.error and not one.unchanged:
            missing.update(fact.fact for fact in one.inventory.unreadable)
            facts = facts or _facts(one.inventory)
    told = {"seconds": time.perf_counter() - begun, "cpu_s": _cpu() - cpu, "nodes": good}
    told |= {"unchanged": unchanged, "powered": powered}
    return {**told, "errors": dict(errors), "unreadable": dict(missing), "facts": facts}


def _facts(inventory: Any) -> str:
    """How much was read, to compare with the peer."""
    parts = {
        "dimms": inventory.memory.dimms if inventory.memory else (),
        "disks": inventory.disks,
        "nics": inventory.nics,
        "settings": inventory.settings,
        "pcie": inventory.pcie,
        "firmware": inventory.firmware,
    }
    return " ".join(f"{name}={len(value)}" for name, value in parts.items())


def _scan(order: Order) -> Order:
    from metalctl.bmc.discovery.scan import discover

    cpu, begun = _cpu(), time.perf_counter()
    found = sum(
        1
        for _ in discover(
            [order["network"]],
            rate=order["rate"],
            timeout=order["timeout"],
            ports=(order["tcp_port"],),
            ipmi_port=order["udp_port"],
            protocols=(order["protocol"],),
        )
    )
    return {"seconds": time.perf_counter() - begun, "cpu_s": _cpu() - cpu, "found": found}


if __name__ == "__main__":
    sys.exit(main())
