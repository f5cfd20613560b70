"""The peer: sushy in threads, reading what our sweep reads, with sushy's own accessors wherever it has them.

sushy has no DIMMs, no network ports and no PCIe functions of its own; those are read through its connector. Its
`*_expanded` accessors are used, as they are the faster ones. Order on stdin: urls, username, password, threads, tls.

sushy closes the connection after each request, and with `verify=False` loads the system's authorities for each new
one. tls "1.2" (its tls_min_version) makes it keep one TLS context instead, which is several times as fast; "" is its
default. At 30 threads it is bound by the interpreter's lock, so that more threads do not help it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sushy
from sushy import exceptions

_MISSING = (exceptions.SushyError, KeyError, AttributeError, TypeError, ValueError)


def main() -> int:
    """Read the order, sweep, print one JSON object."""
    warnings.simplefilter("ignore")  # of unverified TLS: the simulator's certificate is its own
    order = json.load(sys.stdin)
    before = resource.getrusage(resource.RUSAGE_SELF)
    begun = time.perf_counter()
    with ThreadPoolExecutor(order["threads"]) as pool:
        parts = list(
            pool.map(lambda url: _sweep(url, order["username"], order["password"], order["tls"]), order["urls"])
        )
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_SELF)
    told = {
        "seconds": seconds,
        "nodes": len(parts),
        "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "rss_mb": after.ru_maxrss / 1024,
        "parts": parts[0],
        "alike": len({json.dumps(one, sort_keys=True) for one in parts}) == 1,
    }
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def _sweep(url: str, username: str, password: str, tls: str = "") -> dict[str, int]:
    """How many parts of each kind were read."""
    root = sushy.Sushy(
        url, username=username, password=password, verify=False, server_side_retries=0, tls_min_version=tls or None
    )
    reader = _Reader(root)
    for system in root.get_system_collection().get_members():
        reader.system(system)
    for manager in root.get_manager_collection().get_members():
        reader.count("manager", lambda manager=manager: [manager.identity])
        reader.count("manager ports", lambda manager=manager: manager.ethernet_interfaces.get_members())
        reader.raw_members("manager logs", manager.json.get("LogServices"), entries=True)
    reader.count("firmware", lambda: root.get_update_service().firmware_inventory.get_members())
    root._auth.close()
    root._auth = None
    return reader.parts


class _Reader:
    def __init__(self, root: Any) -> None:
        self._conn = root._conn
        self.parts: dict[str, int] = {}

    def count(self, name: str, read: Callable[[], Iterable[Any]]) -> list[Any]:
        """A part that cannot be read costs that part."""
        try:
            found = list(read())
        except _MISSING:
            found = []
        self.parts[name] = self.parts.get(name, 0) + len(found)
        return found

    def raw_members(self, name: str, link: Any, entries: bool = False) -> list[dict[str, Any]]:
        """Members of a collection that sushy has no accessor for; of a log service, its entries too."""

        def read() -> list[dict[str, Any]]:
            collection = self._conn.get(link["@odata.id"]).json()
            return [self._conn.get(member["@odata.id"]).json() for member in collection.get("Members", [])]

        found = self.count(name, read) if link else []
        # Our own reader takes the system event log, and leaves the life cycle log.
        for one in [one for one in found if "sel" in str(one.get("Id", "")).lower()] if entries else ():
            self.count(f"{name} entries", lambda one=one: self._conn.get(one["Entries"]["@odata.id"]).json()["Members"])
        return found

    def system(self, system: Any) -> None:
        """One system and its chassis."""
        self.count("processors", lambda: system.processors.get_members())
        self.raw_members("memory", system.json.get("Memory"))
        self.count("interfaces", lambda: system.ethernet_interfaces.get_members())
        self.count("bios", lambda: system.bios.attributes)
        self.count("secure boot", lambda: [system.secure_boot.enabled])
        for storage in self.count("storage", lambda: system.storage_expanded.get_members()):
            self.count("drives", lambda storage=storage: storage.drives)
            self.count("volumes", lambda storage=storage: storage.volumes.get_members())
            self.count("controllers", lambda storage=storage: storage.controllers.get_members())
        self.raw_members("logs", system.json.get("LogServices"), entries=True)
        for path in sorted({link["@odata.id"] for link in system.json.get("PCIeDevices", [])}):
            self.count("pcie", lambda path=path: [self._conn.get(path).json()])
        for chassis in self.count("chassis", lambda: system.chassis_expanded):
            self.count("supplies", lambda chassis=chassis: chassis.power.power_supplies)
            self.count("fans", lambda chassis=chassis: chassis.thermal.fans)
            for adapter in self.count("adapters", lambda chassis=chassis: chassis.network_adapters.get_members()):
                self.count("functions", lambda adapter=adapter: adapter.network_device_functions.get_members())
                self.raw_members("ports", adapter.json.get("Ports") or adapter.json.get("NetworkPorts"))


if __name__ == "__main__":
    sys.exit(main())
