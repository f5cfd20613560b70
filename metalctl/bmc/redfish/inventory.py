"""Walks a system's tree into an Inventory. A subtree that breaks costs one Unreadable, never the whole.

A resource that the BMC does not have (no link, 404, 501) is simply not stated. Lists that could be read only in
part are kept, and the Unreadable of that fact says so: who counts disks must look there first. FirmwareInventory is
left alone: it takes minutes on some BMCs (infra-controller#1584).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from metalctl.bmc.errors import BmcError, Missing
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish import parts
from metalctl.bmc.redfish.http import Client, Resource
from metalctl.bmc.redfish.systems import member_paths
from metalctl.bmc.redfish.values import absent, child, items, link, text
from metalctl.model.identity import Identity
from metalctl.model.inventory import Cpu, Disk, Firmware, Inventory, Memory, Nic, Unreadable

_POWER = {"On": "on", "Off": "off", "PoweringOn": "off", "PoweringOff": "on", "Paused": "on"}
_MODES = {"UEFI": "uefi", "Legacy": "bios"}


class Walk:
    """One sweep of one system."""

    def __init__(self, client: Client, system: Resource, quirks: Quirks) -> None:
        self._client = client
        self._system = system
        self._quirks = quirks
        self._broken: dict[str, list[str]] = {}

    async def inventory(self) -> Inventory:
        """Everything, the subtrees side by side (the client bounds the requests in flight)."""
        system = self._system
        cpu, memory, disks, nics, secure, bmc = await asyncio.gather(
            self._cpu(), self._memory(), self._disks(), self._nics(), self._secure_boot(), self._bmc_firmware()
        )
        bios = text(system, "BiosVersion")
        return Inventory(
            source="out-of-band",
            identity=self._identity(nics),
            taken=datetime.now(UTC).isoformat(timespec="seconds"),
            boot_mode=_MODES.get(text(child(system, "Boot"), "BootSourceOverrideMode"), ""),
            secure_boot=secure,
            cpu=cpu,
            memory=memory,
            disks=disks,
            nics=nics,
            firmware=((Firmware("bios", bios),) if bios else ()) + bmc,
            bmc_address=self._client.endpoint.address,
            power=power_state(system),
            emulated=self._quirks.emulated,
            unreadable=self._unreadable(),
        )

    async def identity(self) -> Identity:
        """Only who it is: the system and its ports."""
        return self._identity(await self._nics())

    def _unreadable(self) -> tuple[Unreadable, ...]:
        found = [Unreadable(fact, "; ".join(reasons)) for fact, reasons in sorted(self._broken.items())]
        return tuple(found + [Unreadable(fact, why) for fact, why in sorted(self._quirks.distrust.items())])

    def _identity(self, nics: tuple[Nic, ...]) -> Identity:
        system = self._system
        stated = {
            "sku": text(system, "SKU"),
            "board_serial": text(system, "SerialNumber"),
            "asset_tag": text(system, "AssetTag"),
        }
        return Identity(
            serial=text(system, self._quirks.serial_from, "SerialNumber"),
            uuid=text(system, "UUID").lower(),
            macs=tuple(sorted({nic.mac for nic in nics})),
            manufacturer=text(system, "Manufacturer"),
            product=text(system, "Model"),
            extra={name: value for name, value in stated.items() if value},
        )

    async def _cpu(self) -> Cpu:
        if "cpu" in self._quirks.distrust:
            return Cpu()
        found = parts.cpu(await self._members("cpu", link(self._system, "Processors")))
        if found is None:
            # Broken is not the same as not listed: the summary stands in only for the latter.
            return Cpu() if "cpu" in self._broken else parts.cpu_summary(self._system)
        return replace(found, sockets=None, cores=None, threads=None) if "cpu" in self._broken else found

    async def _memory(self) -> Memory:
        slots = await self._members("memory.dimms", link(self._system, "Memory"))
        for slot in slots:
            if parts.dimm(slot) is None:
                self._note("memory.dimms", f"{text(slot, 'DeviceLocator', 'Id')} does not state its capacity")
        memory = parts.memory(self._system, slots)
        stated = child(self._system, "MemorySummary").get("TotalSystemMemoryGiB")
        return replace(memory, total=None) if "memory.dimms" in self._broken and not stated else memory

    async def _disks(self) -> tuple[Disk, ...]:
        units = await self._members("disks", link(self._system, "Storage"))
        paths = [
            path for unit in units for one in items(unit, "Drives") if isinstance(path := one.get("@odata.id"), str)
        ]
        drives = await self._all("disks", sorted(set(paths)))
        found = [parts.disk(drive) for drive in drives if not absent(drive)]
        if not found and "disks" not in self._broken:
            simple = await self._members("disks", link(self._system, "SimpleStorage"))
            found = [one for resource in simple for one in parts.simple_disks(resource)]
        return tuple(sorted(found, key=lambda d: d.name))

    async def _nics(self) -> tuple[Nic, ...]:
        if "nics" in self._quirks.distrust:
            return ()
        interfaces, adapters = await asyncio.gather(
            self._members("nics", link(self._system, "EthernetInterfaces")), self._adapter_ports()
        )
        return parts.merge_nics([nic for r in interfaces if (nic := parts.nic(r))], adapters)

    async def _adapter_ports(self) -> list[Nic]:
        views = await self._members("nics", link(self._system, "NetworkInterfaces"))
        paths = [path for view in views if (path := link(view, "Links", "NetworkAdapter"))]
        adapters = await self._all("nics", sorted(set(paths)))
        found: list[Nic] = []
        for adapter in adapters:
            # Ports replaced NetworkPorts in NetworkAdapter 1.5; old BMCs have only the latter, some state both.
            resources = await self._members("nics", link(adapter, "Ports") or link(adapter, "NetworkPorts"))
            found += parts.ports(adapter, resources)
        return found

    async def _secure_boot(self) -> bool | None:
        state = text(await self._one("secure_boot", link(self._system, "SecureBoot")), "SecureBootCurrentBoot")
        return {"Enabled": True, "Disabled": False}.get(state)

    async def _bmc_firmware(self) -> tuple[Firmware, ...]:
        managers = items(child(self._system, "Links"), "ManagedBy")
        path = managers[0].get("@odata.id") if managers else None
        version = text(await self._one("firmware.bmc", path if isinstance(path, str) else ""), "FirmwareVersion")
        return (Firmware("bmc", version),) if version else ()

    async def _members(self, fact: str, path: str) -> list[Resource]:
        collection = await self._one(fact, path)
        return await self._all(fact, member_paths(collection))

    async def _all(self, fact: str, paths: list[str]) -> list[Resource]:
        found = await asyncio.gather(*(self._one(fact, path) for path in paths))
        return [resource for resource in found if resource]

    async def _one(self, fact: str, path: str) -> Resource:
        """The resource, {} when there is none; a failure is noted under `fact`."""
        return await _quietly(lambda: self._client.get(path), lambda why: self._note(fact, why)) if path else {}

    def _note(self, fact: str, why: str) -> None:
        self._broken.setdefault(fact, []).append(why)


def power_state(system: Resource) -> str:
    """ "on", "off", or "" when the system does not state it. Powering on is not on yet."""
    return _POWER.get(text(system, "PowerState"), "")


async def _quietly(read: Callable[[], Awaitable[Resource]], note: Callable[[str], Any]) -> Resource:
    try:
        return await read()
    except Missing:
        return {}
    except BmcError as error:
        note(error.message)
        return {}
