"""Many simulated BMCs: mutable Redfish services on 127.0.0.0/8, from a capture or a tree of our own.

    fleet = Fleet(load_tree("storage"), FleetSettings(count=1000, latency=0.05, faults=(parse_fault("slow=5%"),)))
    await fleet.start()                                  # http://127.77.0.1:PORT and the 999 after it
    await fleet.close()

`metalctl lab bmcs` is the same for people. What is real: identity of each BMC, power and boot state, pending BIOS
settings, tasks, sessions with a limit, lock-out, ETags, $expand. What is not: firmware updates, events, subscriptions,
$select and $filter (answered with the whole), IPMI beyond what a scan sees.
"""

from __future__ import annotations

from metalctl.lab.bmc.capture import Tree, load_capture
from metalctl.lab.bmc.settings import FaultShare, FleetSettings
from metalctl.lab.errors import BadCapture, BadFault, FleetError
from metalctl.lab.faults import parse_fault
from metalctl.lab.fleet.server import Fleet
from metalctl.lab.fleet.trees import load_tree
from metalctl.lab.fleet.trees import names as tree_names

__all__ = [
    "BadCapture",
    "BadFault",
    "FaultShare",
    "Fleet",
    "FleetError",
    "FleetSettings",
    "Tree",
    "load_capture",
    "load_tree",
    "parse_fault",
    "tree_names",
]
