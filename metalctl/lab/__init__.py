"""The emulated rack: real BMC emulators, a real switch and real firmware in one network namespace of this machine.

    rack = load("rack.yaml")            what it is to be (without a path: the demo rack)
    lab = up(rack, "mine")              LabInfo: addresses, credentials file, nodes.csv, console logs
    status("mine").dead                 the parts that should run and do not
    down("mine")                        nothing is left

`metalctl lab` is the same for people. Nothing of the engine is imported here: the rack is what the engine is tried on.
"""

from __future__ import annotations

from metalctl.lab.errors import (
    CommandError,
    LabError,
    LabPrerequisiteError,
    LabStateError,
    PartError,
    RackFileError,
)
from metalctl.lab.rack.info import BmcInfo, DiskInfo, LabInfo, NodeInfo, PartInfo
from metalctl.lab.rack.lifecycle import down, namespace, repair_node, status, up
from metalctl.lab.rack.rackfile import load
from metalctl.lab.spec import Disk, Nic, Node, Rack

__all__ = [
    "BmcInfo",
    "CommandError",
    "Disk",
    "DiskInfo",
    "LabError",
    "LabInfo",
    "LabPrerequisiteError",
    "LabStateError",
    "Nic",
    "Node",
    "NodeInfo",
    "PartError",
    "PartInfo",
    "Rack",
    "RackFileError",
    "down",
    "load",
    "namespace",
    "repair_node",
    "status",
    "up",
]
