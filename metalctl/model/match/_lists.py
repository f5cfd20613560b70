"""Lists that were read only in part: what counts, sums or compares their parts cannot be told.

A part that is listed and could not be read may be good or bad, and of any size. So nothing that depends on its list
passes (`judged` asks here), whichever side read it. What fails stays a failure only where the unread parts cannot mend
it: there are more than allowed, or a part that was read is wrong by itself. Each requirement decides that where it
fails, by asking `unread` before it says that something is missing.
"""

from __future__ import annotations

from metalctl.model.inventory import Inventory

_OF_CPUS = ("cpu.sockets", "cpu.cores", "cpu.threads", "cpu.smt", "cpu.model", "cpu.microcode", "cpu.packages")
# Requirement, or what it begins with → the list that it depends on, as collectors name it when it is not whole.
_LISTS = {
    **dict.fromkeys(_OF_CPUS, "cpu.packages"),
    "memory": "memory.dimms",
    "disks": "disks",
    "network": "nics",
    "power": "power_supplies",
    "tpm": "tpm",
    "firmware.bios": "",
    "firmware.bmc": "",
    "firmware.nic": "nics",
    "firmware.psu": "power_supplies",
    "firmware.controller": "controllers",
    **dict.fromkeys(("firmware.nvme", "firmware.ssd", "firmware.hdd"), "disks"),
    "firmware": "firmware",
}


def unread(inventory: Inventory, requirement: str) -> str:
    """Why the list that the requirement depends on is not whole, "" when it is, or when it depends on none."""
    fact = _list_of(requirement)
    if not fact or (inventory.source == "in-band" and _counted_by_the_kernel(inventory, requirement)):
        return ""
    return reason(inventory, fact)


def _counted_by_the_kernel(inventory: Inventory, requirement: str) -> bool:
    """Inside, processors are counted by the kernel, and so is memory where no table lists the modules."""
    if requirement == "memory.total":
        return not inventory.memory.dimms
    return requirement in _OF_CPUS and all(one.fact != "cpu.packages" for one in inventory.unreadable)


def read_in_part(inventory: Inventory, requirement: str) -> bool:
    """The same, where some of the parts were read: the list says something, and not all."""
    name = _list_of(requirement)
    parts: object = inventory
    for step in name.split(".") if name else ():
        parts = getattr(parts, step)
    return bool(name and parts and unread(inventory, requirement))


def _list_of(requirement: str) -> str:
    name = requirement
    while name and name not in _LISTS:
        name = name.rpartition(".")[0]
    return _LISTS.get(name, "")


def reason(inventory: Inventory, fact: str) -> str:
    """Why a fact is not stated: what the collector said of it, or of what it is a part of; "" when it said nothing."""
    found = inventory.unread(fact)
    more = f"; {len(found) - 1} more of that list could not be read" if len(found) > 1 else ""
    return found[0].reason + more if found else ""
