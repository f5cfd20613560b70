"""Systems that are one machine in two: the host, and an accelerator board that its BMC shows as a system of its own.

A board is known by what it lacks and what it holds, not by a name: no firmware setup (`Bios`, `BiosVersion`,
`SecureBoot`), nothing that boots (a boot order, an override, boot progress), no storage and no ports; and among its
processors there are GPUs or other accelerators. It may list the host's processors again, where nobody can reset it: as
many of a model as the host has, or fewer. It belongs to the only system that boots, else to the only one that it shares
a chassis, or a manager, with. Where that is not clear, or its processors cannot be read, it stays a system of its own:
nodes of one enclosure, each with its own firmware, are never joined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from metalctl.bmc.errors import BadAnswer
from metalctl.bmc.redfish.client.http import Client, Resource
from metalctl.bmc.redfish.fetch.expand import advertised
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.parse.systems import Machine, single
from metalctl.bmc.redfish.parse.whose import fault_of
from metalctl.bmc.redfish.schema.links import path_of, plain
from metalctl.bmc.redfish.schema.system import Processor, System
from metalctl.bmc.redfish.schema.values import child, items, text

_CPU = ("", "cpu")
_ACCELERATORS = ("gpu", "accelerator", "fpga", "dsp")
_RESET = "#ComputerSystem.Reset"


@dataclass(slots=True)
class _Seen:
    """A system and those of its processors that are there and can be read, once asked."""

    system: System
    processors: list[Processor] = field(default_factory=list)

    @property
    def accelerates(self) -> bool:
        """Whether there are accelerators among them."""
        return any(one.kind in _ACCELERATORS for one in self.processors)


async def machines(client: Client, root: Resource, collection: Resource) -> list[Machine]:
    """The machines behind a BMC. One that has one system costs nothing; else each of them is read.

    Raises BadAnswer for a list of systems that is none: that is not the same as no system.
    """
    alone = single(collection)
    if not isinstance(collection.get("Members"), list):
        what = fault_of(collection) or "no collection"
        raise BadAnswer(f"{client.endpoint}: the list of its systems is {what}")
    if len(alone) < 2:
        return alone
    reader = Reader(client, advertised(root))
    try:
        read = {one.path: await reader.one("identity", one.path) for one in alone}
        owners = await _owners(reader, {path: _Seen(System(found)) for path, found in read.items() if found}, len(read))
    finally:
        client.gate = None
    hosts = {path: found for path, found in read.items() if path not in owners}
    return [_machine(path, hosts, owners) for path in hosts]


def _machine(host: str, hosts: Mapping[str, Resource], owners: Mapping[str, str]) -> Machine:
    boards = tuple(board for board, owner in owners.items() if owner == host)
    others = tuple(found for path, found in hosts.items() if path != host and found)
    return Machine(host, boards, others, alone=len(hosts) == 1)


async def _owners(reader: Reader, known: Mapping[str, _Seen], count: int) -> dict[str, str]:
    """Board → host. count: of the systems, some of which may not be known."""
    quiet = {path: one for path, one in known.items() if not _starts(one.system)}
    if len(quiet) == len(known):
        return {}
    boards = await _boards(reader, quiet)
    hosts = {path: one for path, one in known.items() if path not in boards}
    found = {path: _host(one.system, hosts, certain=len(known) == count) for path, one in boards.items()}
    return {path: host for path, host in found.items() if host and await _is_part(reader, boards[path], hosts[host])}


async def _boards(reader: Reader, quiet: Mapping[str, _Seen]) -> dict[str, _Seen]:
    for one in quiet.values():
        one.processors = await _processors(reader, one.system)
    return {path: one for path, one in quiet.items() if one.accelerates}


async def _processors(reader: Reader, system: System) -> list[Processor]:
    found = [Processor(one) for one in await reader.members("cpu", system.processors)]
    return [one for one in found if not one.absent]


def _starts(system: System) -> bool:
    """Whether it has firmware, or anything that boots, is stored or is connected."""
    boot = child(system.json, "Boot")
    order = boot.get("BootOrder") or boot.get("BootOptions") or system.json.get("BootProgress")
    firmware = system.bios_version or system.bios or system.secure_boot
    has = system.storage or system.simple_storage or system.interfaces
    return bool(firmware or order or text(boot, "BootSourceOverrideTarget") or has)


def _host(board: System, hosts: Mapping[str, _Seen], certain: bool) -> str:
    """The only other system; else the only one that shares a chassis with the board, or a manager; else ""."""
    if len(hosts) == 1 and certain:
        return next(iter(hosts))
    for name in ("Chassis", "ManagedBy"):
        near = [path for path, one in hosts.items() if _links(one.system, name) & _links(board, name)]
        if len(near) == 1:
            return near[0]
    return ""


def _links(system: System, name: str) -> set[str]:
    return {plain(path_of(one)) for one in items(child(system.json, "Links"), name)}


async def _is_part(reader: Reader, board: _Seen, host: _Seen) -> bool:
    """Whether the host starts, and what the board lists as processors proper are the host's again."""
    if not _starts(host.system):
        return False
    listed = _makes(board.processors)
    if not listed:
        return True
    if _RESET in child(board.system.json, "Actions"):
        return False
    host.processors = host.processors or await _processors(reader, host.system)
    return listed <= _makes(host.processors)


def _makes(processors: list[Processor]) -> Counter[tuple[str, int]]:
    return Counter((one.model, one.cores or 0) for one in processors if one.kind in _CPU)
