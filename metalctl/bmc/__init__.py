"""How metalctl speaks to BMCs: Redfish and IPMI, behind one face. Every call here blocks, but for `sweep`.

endpoint = parse_endpoint("https://10.0.0.11")
found = probe(endpoint)                                  # no credential is sent
with connect(found.endpoint, Credential("admin", secret)) as bmc:
    bmc.set_boot("pxe")
    bmc.set_power("cycle")                               # returns once the state read is "on"
    inventory = bmc.inventory()
"""

from __future__ import annotations

from typing import Any

from metalctl.bmc.connect import connect, probe
from metalctl.bmc.discovery.nodes_csv import Entry, default_name, read_csv
from metalctl.bmc.endpoint import Credential, Endpoint, parse_endpoint
from metalctl.bmc.protocol import Bmc, Probe

__all__ = [
    "Bmc",
    "Credential",
    "Endpoint",
    "Entry",
    "Probe",
    "connect",
    "default_name",
    "discover",
    "parse_endpoint",
    "probe",
    "read_csv",
    "sweep",
]


def __getattr__(name: str) -> Any:
    # Scanning brings in asyncio and friends: only who scans pays for that.
    if name == "discover":
        from metalctl.bmc.discovery.scan import discover

        return discover
    if name == "sweep":
        from metalctl.bmc.redfish.sweep.sweeping import sweep

        return sweep
    raise AttributeError(name)
