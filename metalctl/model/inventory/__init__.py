"""What a server is made of, as read in-band or out-of-band. Sizes in bytes, rates in bit/s; None means "not stated".

A fact that could not be read is not guessed: it stays None and an `Unreadable` says which and why.
"""

from __future__ import annotations

from metalctl.model.inventory._chassis import Firmware, LogEntry, Manager, PowerSupply, Sensor, Tpm
from metalctl.model.inventory._cpu import Cache, Cpu, NumaNode, Package
from metalctl.model.inventory._memory import Dimm, Memory
from metalctl.model.inventory._network import Bond, Neighbour, Nic
from metalctl.model.inventory._pcie import PcieDevice, PcieLink
from metalctl.model.inventory._storage import Controller, Disk, DiskHealth, Namespace, Volume
from metalctl.model.inventory._whole import Inventory, Unreadable

__all__ = [
    "Bond",
    "Cache",
    "Controller",
    "Cpu",
    "Dimm",
    "Disk",
    "DiskHealth",
    "Firmware",
    "Inventory",
    "LogEntry",
    "Manager",
    "Memory",
    "Namespace",
    "Neighbour",
    "Nic",
    "NumaNode",
    "Package",
    "PcieDevice",
    "PcieLink",
    "PowerSupply",
    "Sensor",
    "Tpm",
    "Unreadable",
    "Volume",
]
