"""What hangs on the chassis of a system: power supplies, sensors, PCIe devices."""

from __future__ import annotations

from collections.abc import Awaitable

from metalctl.bmc.redfish import parts_chassis, parts_supply
from metalctl.bmc.redfish.body import Resource
from metalctl.bmc.redfish.links import is_whole, path_of, usable
from metalctl.bmc.redfish.read import Reader, together
from metalctl.bmc.redfish.values import child
from metalctl.bmc.redfish.wire_chassis import (
    Chassis,
    Fan,
    PcieDeviceRecord,
    Power,
    PowerSupply,
    SensorRecord,
    Subsystem,
    Thermal,
)
from metalctl.bmc.redfish.wire_system import System
from metalctl.model.inventory import PcieDevice, Sensor
from metalctl.model.inventory import PowerSupply as Supply

# What is read through the chassis: none of it is known when that cannot be read.
_ALL = ("power_supplies", "sensors", "pcie", "nics")
_MOST_DEVICES = 128


async def chassis_of(reader: Reader, root: Resource, system: System, alone: bool) -> list[Chassis]:
    """The chassis that the system links to, else those that link to it, else all when it is the only system."""
    if system.chassis:
        first, *rest = [path_of(one) for one in system.chassis]
        found = [await reader.one(_ALL, first, witness="chassis"), *await reader.every(_ALL, rest)]
        return [Chassis(one) for one in found if one]
    every = [Chassis(one) for one in await reader.members(_ALL, child(root, "Chassis"))]
    own = [one for one in every if system.path in map(path_of, one.systems)]
    return own or (every if alone else [])


async def read_power(reader: Reader, chassis: Awaitable[list[Chassis]]) -> tuple[tuple[Supply, ...], list[Sensor]]:
    """The power supplies, and what Power says of voltages. The old schema costs one request, the new one more."""
    found = await together(_power(reader, one) for one in await chassis)
    supplies = [one for listed, _ in found for one in listed]
    reader.doubts(map(parts_supply.doubt, supplies))
    return parts_supply.supplies(supplies), [sensor for _, sensors in found for sensor in sensors]


async def _power(reader: Reader, one: Chassis) -> tuple[list[PowerSupply], list[Sensor]]:
    old, why = await reader.attempt(one.power)
    reader.came_from("power_supplies", one.power if old else one.power_subsystem)
    if old:
        power = Power(old)
        reader.whole("power_supplies", old, "PowerSupplies")
        reader.whole("sensors", old, "Voltages")
        return await _supplies(reader, power), parts_chassis.power_sensors(power)
    if why and not path_of(one.sensors):
        reader.note("sensors", why, path_of(one.power))  # the voltages
    subsystem = Subsystem(await reader.one("power_supplies", one.power_subsystem))
    found = [PowerSupply(each) for each in await reader.members("power_supplies", subsystem.supplies)]
    if why and not found:
        reader.note("power_supplies", why, path_of(one.power))
    return found, []


async def _supplies(reader: Reader, power: Power) -> list[PowerSupply]:
    """The supplies of the old schema stand inside it; some BMCs link to them."""
    listed = [one for one in power.supplies if usable(one.json)]
    links = [one.json for one in listed if not is_whole(one.json)]
    asked = map(PowerSupply, await reader.every("power_supplies", links))
    return [*(one for one in listed if is_whole(one.json)), *asked]


async def read_thermal(reader: Reader, chassis: Awaitable[list[Chassis]]) -> list[Sensor]:
    """Temperatures and fans; of the new schema every sensor that there is."""
    found = await together(_thermal(reader, one) for one in await chassis)
    return [sensor for sensors in found for sensor in sensors]


async def _thermal(reader: Reader, one: Chassis) -> list[Sensor]:
    old, why = await reader.attempt(one.thermal)
    reader.came_from("sensors", one.thermal if old else one.sensors or one.thermal_subsystem)
    if old:
        reader.whole("sensors", old, "Temperatures", "Fans")
        return parts_chassis.thermal_sensors(Thermal(old))
    found = parts_chassis.sensors(map(SensorRecord, await reader.members("sensors", one.sensors)))
    if not any(sensor.kind == "fan" for sensor in found):
        subsystem = Subsystem(await reader.one("sensors", one.thermal_subsystem))
        fans = [parts_chassis.fan(Fan(each)) for each in await reader.members("sensors", subsystem.fans)]
        found += [fan for fan in fans if fan]
    if why and not found:
        reader.note("sensors", why, path_of(one.thermal))
    return found


async def read_pcie(reader: Reader, system: System, chassis: Awaitable[list[Chassis]]) -> list[PcieDevice]:
    """The PCIe devices of the chassis, else those that the system links to, one by one."""
    lists = [one.pcie_devices for one in await chassis if path_of(one.pcie_devices)]
    wheres = lists or [system.json]
    reader.came_from("pcie", *wheres)
    found = [one for some in await together(reader.members("pcie", each) for each in lists) for one in some]
    if not lists:
        links = {path_of(one): one for one in system.pcie_devices}
        found = await reader.every("pcie", list(links.values())[:_MOST_DEVICES])
    return [parts_chassis.pcie(record) for one in found if not (record := PcieDeviceRecord(one)).absent]
