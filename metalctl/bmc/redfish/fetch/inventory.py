"""Walks a system's tree into an Inventory. A subtree that breaks costs one Unreadable, never the whole.

Every part is one read_*.py; they run side by side, and the client bounds the requests in flight. Lists that could be
read only in part are kept, and the Unreadable of that fact says so: who counts disks must look there first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from metalctl.bmc.errors import Astray, BadAnswer
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.fetch import unlisted
from metalctl.bmc.redfish.fetch.chassis import own_chassis, read_pcie, read_power, read_thermal
from metalctl.bmc.redfish.fetch.compute import read_bios, read_cpu, read_memory, read_secure_boot
from metalctl.bmc.redfish.fetch.homes import homes_of
from metalctl.bmc.redfish.fetch.manager import Found, manager_of, read_firmware, read_log, read_manager
from metalctl.bmc.redfish.fetch.network import read_nics
from metalctl.bmc.redfish.fetch.notes import unreadable
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.fetch.storage import read_storage
from metalctl.bmc.redfish.parse import chassis as parse_chassis
from metalctl.bmc.redfish.parse import compute as parse_compute
from metalctl.bmc.redfish.parse import firmware as parse_firmware
from metalctl.bmc.redfish.parse.homes import Homes
from metalctl.bmc.redfish.parse.systems import Machine
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.chassis import Chassis
from metalctl.bmc.redfish.schema.manager import Software
from metalctl.bmc.redfish.schema.status import worst
from metalctl.bmc.redfish.schema.system import System
from metalctl.bmc.redfish.schema.values import text, word
from metalctl.model.finding import Finding
from metalctl.model.identity import Identity
from metalctl.model.inventory import Firmware, Inventory, Nic, Unreadable
from metalctl.model.verdict import Verdict

_POWER = {"on": "on", "off": "off", "poweringon": "off", "poweringoff": "on", "paused": "on"}
_MODES = {"uefi": "uefi", "legacy": "bios", "bios": "bios"}

Quirker = Callable[..., Quirks]


@dataclass(slots=True)
class Walk:
    """One reading of one machine. root: the service root. boards: systems that are only accelerators of this one.

    others: the BMC's other systems. alone: it is the only machine of its BMC.
    """

    reader: Reader
    root: Resource
    system: System
    quirks: Quirks
    alone: bool = True
    boards: tuple[System, ...] = ()
    others: tuple[System, ...] = ()

    async def inventory(self) -> Inventory:
        """Everything."""
        reader, system, quirks, boards = self.reader, self.system, self.quirks, self.boards
        async with asyncio.TaskGroup() as group:
            # The firmware list is the slowest of all on some BMCs (minutes: infra-controller#1584): it starts first.
            firmware = group.create_task(read_firmware(reader, self.root))
            homes = group.create_task(self._homes())
            chassis = group.create_task(own_chassis(homes))
            manager = group.create_task(manager_of(reader, self.root, system))
            cpu = group.create_task(read_cpu(reader, system, quirks, boards))
            memory = group.create_task(read_memory(reader, system, boards))
            pcie = group.create_task(read_pcie(reader, system, chassis, quirks))
            storage = group.create_task(read_storage(reader, system, pcie, chassis, quirks))
            nics = group.create_task(read_nics(reader, system, chassis, quirks))
            settings = group.create_task(read_bios(reader, system))
            secure = group.create_task(read_secure_boot(reader, system))
            power = group.create_task(read_power(reader, homes))
            thermal = group.create_task(read_thermal(reader, homes))
            bmc = group.create_task(read_manager(reader, manager))
            log = group.create_task(read_log(reader, system, manager, quirks))
        reader.saw("chassis", (one.json for one in chassis.result()))
        unlisted.told(reader, (one.path for one in self.others))
        cpus, listed = cpu.result()
        disks, controllers, volumes = storage.result()
        supplies, voltages = power.result()
        own = bmc.result()
        return Inventory(
            source="out-of-band",
            identity=self._identity(nics.result(), chassis.result()),
            taken=datetime.now(UTC).isoformat(timespec="seconds"),
            boot_mode=_MODES.get(system.boot_mode, ""),
            secure_boot=secure.result(),
            cpu=cpus,
            memory=memory.result(),
            disks=disks,
            nics=nics.result(),
            firmware=self._firmware(own.firmware if own else "", firmware.result(), manager.result()),
            bmc_address=reader.client.endpoint.address,
            power=power_state(system.json),
            emulated=quirks.emulated,
            volumes=volumes,
            controllers=controllers,
            pcie=parse_chassis.with_accelerators(pcie.result(), listed),
            power_supplies=supplies,
            sensors=(*voltages, *thermal.result()),
            tpm=parse_compute.tpm(system),
            manager=own,
            log=log.result(),
            settings=settings.result(),
            sources=dict(sorted(reader.sources.items())),
            unreadable=self._unreadable(),
            **self._health(),
        )

    def _health(self) -> dict[str, Any]:
        """Of the machine as a whole. Its conditions count once, whichever of its systems names them."""
        whole = (self.system, *self.boards)
        told = [text or f"a condition that is {severity}" for one in whole for severity, text in one.conditions]
        return {
            "health": worst(one.own_health for one in whole),
            "rollup": worst(one.rollup for one in whole),
            "faults": tuple(dict.fromkeys(told)),
        }

    async def identity(self) -> Identity:
        """Only who it is: the system and its ports."""
        chassis = asyncio.ensure_future(own_chassis(self._homes()))
        return self._identity(await read_nics(self.reader, self.system, chassis, self.quirks), await chassis)

    async def _homes(self) -> Homes:
        return await homes_of(self.reader, self.root, (self.system, *self.boards), self.others, self.alone)

    def findings(self) -> tuple[Finding, ...]:
        """What the BMC was refused for."""
        return tuple(refusal_finding(one) for one in self.reader.refusals)

    def settled(self) -> bool:
        """Whether another reading would tell no more: what could not be read is to be tried again."""
        return self.reader.settled() and not self.quirks.distrust

    def _firmware(self, bmc: str, listed: list[Software], manager: Found) -> tuple[Firmware, ...]:
        """First the BIOS and the BMC under these names, then what the update service lists under its own."""
        idle = parse_firmware.idle_images([self.system, *([manager[0]] if manager else [])])
        stated = (("bios", self.system.bios_version), ("bmc", bmc))
        own = [Firmware(n, version) for n, version in stated if version and f"firmware.{n}" not in self.quirks.distrust]
        return (*own, *parse_firmware.firmwares(listed, {one.version for one in own}, idle))

    def _unreadable(self) -> tuple[Unreadable, ...]:
        distrusted = (Unreadable(fact, why) for fact, why in sorted(self.quirks.distrust.items()))
        return (*unreadable(self.reader.notes), *distrusted)

    def _identity(self, nics: tuple[Nic, ...], chassis: list[Chassis]) -> Identity:
        system = self.system
        stated = {"sku": system.sku, "board_serial": system.serial, "asset_tag": system.asset_tag}
        return Identity(
            serial=text(system.json, self.quirks.serial_from, "SerialNumber"),
            uuid=system.uuid.lower(),
            macs=tuple(sorted({mac for nic in nics for mac in (nic.mac, *nic.host_macs) if mac})),
            manufacturer=system.manufacturer,
            product=system.model,
            chassis_serial=next((one.serial for one in chassis if one.serial), ""),
            extra={name: value for name, value in stated.items() if value},
        )


async def start(
    reader: Reader,
    root: Resource,
    path: str,
    quirks_of: Quirker,
    alone: bool = True,
    expand: bool = True,
    machine: Machine | None = None,
) -> Walk:
    """Read the system at `path` (with what hangs on it, if the BMC can do that); raises BadAnswer, Unreachable.

    machine: what is known of the systems beside it.
    """
    found = await (reader.expanded(path, "system") if expand else reader.plain(path))
    if not found.get("@odata.id"):
        raise BadAnswer(f"{reader.client.endpoint}: {path} is not a system")
    for fact in ("identity", "power", "boot_mode", "memory.total", "firmware.bios", "tpm"):
        reader.came_from(fact, path)
    reader.whole("tpm", found, "TrustedModules")
    quirks = quirks_of(root=root, system=found)
    reader.client.quirks = quirks
    machine = machine or Machine(path, alone=alone)
    boards = await reader.every(("pcie", "memory.dimms"), machine.boards)
    return Walk(
        reader,
        root,
        System(found),
        quirks,
        machine.alone,
        tuple(map(System, boards)),
        tuple(map(System, machine.others)),
    )


def power_state(system: Resource) -> str:
    """ "on", "off", or "" when the system does not state it. Powering on is not on yet."""
    return _POWER.get(word(system.get("PowerState")), "")


def refusal_finding(refused: Astray) -> Finding:
    """A BMC that leads astray, as a finding: it fails, since what hangs on it cannot be trusted to be all."""
    fields = refused.fields
    return Finding(
        "bmc.redfish.well_formed",
        Verdict.FAIL,
        str(fields.get("expected", "")),
        str(fields.get("got", "")),
        part=f"BMC {fields.get('bmc', '')}",
        source=f"redfish {fields.get('path', '')}",
        remedy=f"{refused.message}; {refused.hint}",
    )
