"""The BMC itself, its event log, and the firmware inventory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime

from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.parse import manager as parse_manager
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.links import is_whole, last, path_of
from metalctl.bmc.redfish.schema.manager import LogEntrySchema, LogService, ManagerSchema, Software, UpdateService
from metalctl.bmc.redfish.schema.network import EthernetInterface
from metalctl.bmc.redfish.schema.system import System
from metalctl.bmc.redfish.schema.values import child
from metalctl.model.inventory import LogEntry, Manager

LOG_KEPT = 50
LOG_READ = 400
# Of entries that are bare links: each costs a request.
LOG_ASKED = 10
# Of the usual seconds: the firmware list alone has taken minutes.
PATIENCE = 4.0

Found = tuple[ManagerSchema, datetime] | None


async def manager_of(reader: Reader, root: Resource, system: System) -> Found:
    """The manager that the system links to, else the one that links to it, and our time when it was read."""
    facts = ("manager", "firmware.bmc")
    if system.managers:
        found = await reader.one(facts, path_of(system.managers[0]))
        return (ManagerSchema(found), datetime.now(UTC)) if found else None
    every = [ManagerSchema(one) for one in await reader.members(facts, child(root, "Managers"))]
    now = datetime.now(UTC)
    own = [one for one in every if system.path in map(path_of, one.servers)]
    chosen = own[0] if own else every[0] if len(every) == 1 else None
    return (chosen, now) if chosen else None


async def read_manager(reader: Reader, found: Awaitable[Found]) -> Manager | None:
    """The BMC as it tells of itself; None when no manager could be found."""
    read = await found
    if read is None:
        return None
    record, now = read
    reader.came_from("manager", record.path)
    reader.came_from("firmware.bmc", record.path)
    interfaces = [EthernetInterface(one) for one in await reader.members("manager.mac", record.interfaces)]
    return parse_manager.manager(record, interfaces, reader.client.endpoint.address, now)


async def read_log(reader: Reader, system: System, manager: Awaitable[Found], quirks: Quirks) -> tuple[LogEntry, ...]:
    """The last entries of the event log, newest first."""
    read = await manager
    lists = [system.log_services, read[0].log_services if read else {}]
    of_system, of_manager = await asyncio.gather(*(reader.members("log", one) for one in lists))
    chosen = parse_manager.choose_log(
        [LogService(s) for s in of_system], [LogService(s) for s in of_manager], quirks.log
    )
    if chosen is None:
        return ()
    reader.came_from("log", chosen.entries)
    listed = await reader.listed("log", chosen.entries, most=LOG_READ)
    if not all(map(is_whole, listed)):
        listed = sorted(listed, key=_number, reverse=True)[:LOG_ASKED]
    entries = [parse_manager.log_entry(LogEntrySchema(one)) for one in await reader.every("log", listed)]
    if len(entries) >= LOG_READ and entries[0].at < entries[-1].at:
        reader.note("log", f"only the oldest {LOG_READ} entries were read: the log is long, and begins with them")
    return parse_manager.newest(entries, LOG_KEPT)


def _number(link: Resource) -> int:
    """The entries with the highest ids are the newest, in whatever order they are listed."""
    own = last(path_of(link))
    return int(own) if own.isascii() and own.isdigit() else -1


async def read_firmware(reader: Reader, root: Resource) -> list[Software]:
    """Every record of the update service's inventory."""
    service = UpdateService(await reader.one("firmware", child(root, "UpdateService")))
    reader.came_from("firmware", service.firmware)
    return [Software(one) for one in await reader.members("firmware", service.firmware, patience=PATIENCE)]
