"""What hangs on the chassis of a system: power supplies, sensors, PCIe devices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.fetch.elsewhere import Elsewhere
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.fetch.together import flat, together
from metalctl.bmc.redfish.parse import chassis as parse_chassis
from metalctl.bmc.redfish.parse import supply as parse_supply
from metalctl.bmc.redfish.parse.homes import Homes
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.chassis import (
    Chassis,
    Fan,
    PcieDeviceSchema,
    Power,
    PowerSupply,
    SensorSchema,
    Subsystem,
    Thermal,
)
from metalctl.bmc.redfish.schema.links import each_once, is_whole, path_of, plain, usable
from metalctl.bmc.redfish.schema.system import System
from metalctl.bmc.redfish.schema.values import child, items
from metalctl.model.inventory import PcieDevice, Sensor
from metalctl.model.inventory import PowerSupply as Supply

_MOST_DEVICES = 128


async def own_chassis(found: Awaitable[Homes]) -> list[Chassis]:
    """The chassis of which all is the machine's."""
    return (await found).own


async def _around(found: Awaitable[Homes]) -> list[Chassis]:
    """Those too that it shares: what powers and cools it."""
    chassis = await found
    return [*chassis.own, *chassis.shared]


async def read_power(reader: Reader, chassis: Awaitable[Homes]) -> tuple[tuple[Supply, ...], list[Sensor]]:
    """The power supplies, and what Power says of voltages. The old schema costs one request, the new one more."""
    places = _each_once(await _around(chassis), lambda one: one.power or one.power_subsystem)
    found = await together(_power(reader, one) for one in places)
    supplies = _each_serial_once(listed for listed, _ in found)
    reader.saw("supply", (one.json for one in supplies))
    reader.doubts(map(parse_supply.doubt, supplies))
    return parse_supply.supplies(supplies), flat(sensors for _, sensors in found)


def _each_once(chassis: Iterable[Chassis], place: Callable[[Chassis], Resource]) -> list[Chassis]:
    """Those that have it, each place once: a board may link to what its box links to."""
    found = {plain(path_of(place(one))): one for one in reversed(list(chassis)) if path_of(place(one))}
    return list(reversed(found.values()))


def _each_serial_once(lists: Iterable[list[PowerSupply]]) -> list[PowerSupply]:
    """A supply that two chassis list is one; what one chassis lists twice is told as it stands."""
    found: list[PowerSupply] = []
    for listed in lists:
        known = {one.serial for one in found if one.serial}
        found += [one for one in listed if one.serial not in known]
    return found


async def _power(reader: Reader, one: Chassis) -> tuple[list[PowerSupply], list[Sensor]]:
    old, why = await reader.attempt(one.power)
    reader.came_from("power_supplies", one.power if old else one.power_subsystem)
    if old:
        power = Power(old)
        reader.whole("power_supplies", old, "PowerSupplies")
        reader.whole("sensors", old, "Voltages")
        reader.saw("redundancy", items(old, "Redundancy"))
        return await _supplies(reader, power), parse_chassis.power_sensors(power)
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


async def read_thermal(reader: Reader, chassis: Awaitable[Homes]) -> list[Sensor]:
    """Temperatures and fans; of the new schema every sensor that there is."""
    places = _each_once(await _around(chassis), lambda one: one.thermal or one.sensors or one.thermal_subsystem)
    return flat(await together(_thermal(reader, one) for one in places))


async def _thermal(reader: Reader, one: Chassis) -> list[Sensor]:
    old, why = await reader.attempt(one.thermal)
    reader.came_from("sensors", one.thermal if old else one.sensors or one.thermal_subsystem)
    if old:
        reader.whole("sensors", old, "Temperatures", "Fans")
        return parse_chassis.thermal_sensors(Thermal(old))
    found = parse_chassis.sensors(map(SensorSchema, await reader.members("sensors", one.sensors)))
    if not any(sensor.kind == "fan" for sensor in found):
        subsystem = Subsystem(await reader.one("sensors", one.thermal_subsystem))
        fans = [parse_chassis.fan(Fan(each)) for each in await reader.members("sensors", subsystem.fans)]
        found += [fan for fan in fans if fan]
    if why and not found:
        reader.note("sensors", why, path_of(one.thermal))
    return found


async def read_pcie(
    reader: Reader, system: System, chassis: Awaitable[list[Chassis]], quirks: Quirks
) -> list[PcieDevice]:
    """The PCIe devices of the chassis, each once, else those that the system links to, one by one."""
    boxes = await chassis
    lists = [one.pcie_devices for one in boxes if path_of(one.pcie_devices) and not _holds_none(one)]
    reader.came_from("pcie", *(lists or [system.json]))
    found = await (_of_lists(reader, lists) if lists else _linked(reader, system))
    elsewhere = Elsewhere.of(reader, quirks, system, boxes)
    found += [one for one, _ in await elsewhere.parts("device", not found)]
    if not found:
        elsewhere.doubt("pcie")
    records = map(PcieDeviceSchema, each_once(found).values())
    return [parse_chassis.pcie(record) for record in records if not record.absent]


async def _of_lists(reader: Reader, lists: Iterable[Resource]) -> list[Resource]:
    return flat(await together(reader.members("pcie", each) for each in lists))


async def _linked(reader: Reader, system: System) -> list[Resource]:
    reader.whole("pcie", system.json, "PCIeDevices")
    links = {path_of(one): one for one in system.pcie_devices}
    return await reader.every("pcie", list(links.values())[:_MOST_DEVICES])


def _holds_none(one: Chassis) -> bool:
    """Whether the chassis says itself that it has no PCIe device: that spares a request for many a backplane."""
    links = child(one.json, "Links")
    return links.get("PCIeDevices") == [] and links.get("PCIeDevices@odata.count") == 0
