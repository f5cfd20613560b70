"""Pure parsers: power supplies, sensors and PCIe devices of a chassis, from the old schemas and the new ones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from metalctl.bmc.redfish import parts_link
from metalctl.bmc.redfish.wire_chassis import Fan, PcieDeviceRecord, Power, PowerSupply, Reading, SensorRecord, Thermal
from metalctl.bmc.redfish.wire_system import Processor
from metalctl.model.inventory import PcieDevice, Sensor
from metalctl.model.inventory import PowerSupply as Supply

# ReadingType of Sensor → kind and unit of ours. Energy, humidity, frequency and the like are not kept.
_KINDS = {"Temperature": ("temperature", "°C"), "Rotational": ("fan", "rpm"), "Percent": ("fan", "%"),
          "Voltage": ("voltage", "V"), "Power": ("power", "W"), "Current": ("current", "A")}  # fmt: skip
_UNITS = {"RPM": "rpm", "Percent": "%", "%": "%"}
_KINDS_OF_PROCESSORS = {"GPU": "gpu", "FPGA": "fpga", "Accelerator": "accelerator", "DSP": "dsp"}
_FAN = re.compile(r"\bfan", re.IGNORECASE)


def supplies(found: Iterable[PowerSupply]) -> tuple[Supply, ...]:
    """The power supplies, each with a slot of its own: several BMCs give all of them one name."""
    every = list(found)
    names = [one.label or one.name or one.id for one in every]
    return tuple(
        Supply(
            slot=name if names.count(name) == 1 else f"{name} {one.id}".strip(),
            present=not one.absent,
            health=one.health,
            capacity=one.watts or None,
            input_volts=one.volts,
            model=one.model,
            serial=one.serial,
            part_number=one.part_number,
            firmware=one.firmware,
        )
        for name, one in zip(names, every, strict=True)
    )


def power_sensors(power: Power) -> list[Sensor]:
    """The voltages, and the power drawn, of a Power resource."""
    found = [_sensor(one, "voltage", one.volts, "V") for one in power.voltages if _works(one)]
    found += [
        Sensor(name=one.name or "power", kind="power", value=one.watts, unit="W")
        for one in power.control
        if one.watts is not None
    ]
    return found


def thermal_sensors(thermal: Thermal) -> list[Sensor]:
    """The temperatures and fans of a Thermal resource."""
    hot = [_sensor(one, "temperature", one.celsius, "°C") for one in thermal.temperatures if _works(one)]
    return hot + [_sensor(one, "fan", one.fan, _UNITS.get(one.unit, "")) for one in thermal.fans if _works(one)]


def _works(one: Reading | SensorRecord) -> bool:
    return one.state not in ("Absent", "Disabled")


def _sensor(one: Reading, kind: str, value: float | None, unit: str) -> Sensor:
    # Zero as a threshold of temperature stands for "none" on several BMCs, and no machine is meant to freeze.
    return Sensor(one.name, kind, value, unit, one.health, one.upper or None, one.lower)


def sensors(found: Iterable[SensorRecord]) -> list[Sensor]:
    """The sensors of a Sensors collection that are of a kind we keep. Per cents are fans only if they say so."""
    kept = []
    for one in found:
        kind, unit = _KINDS.get(one.kind, ("", ""))
        if not kind or not _works(one) or (one.kind == "Percent" and not _FAN.search(one.name)):
            continue
        kept.append(Sensor(one.name, kind, one.reading, unit, one.health, one.upper, one.lower))
    return kept


def fan(one: Fan) -> Sensor | None:
    """A Fan of a ThermalSubsystem; None when its bay is empty."""
    if one.absent:
        return None
    if one.rpm is not None:
        return Sensor(one.name, "fan", one.rpm, "rpm", one.health)
    return Sensor(one.name, "fan", one.percent, "%" if one.percent is not None else "", one.health)


def pcie(one: PcieDeviceRecord) -> PcieDevice:
    """One PCIe device; its kind is not stated by the device itself."""
    return PcieDevice(
        address=one.id,
        vendor=one.manufacturer,
        model=one.model,
        firmware=one.firmware,
        serial=one.serial,
        slot=one.slot,
        link=parts_link.stated(one),
    )


def with_accelerators(devices: Iterable[PcieDevice], processors: Iterable[Processor]) -> tuple[PcieDevice, ...]:
    """The devices; those that are listed as processors too get their kind, and what else is said, from there."""
    found = list(devices)
    accelerators = [one for one in processors if one.kind in _KINDS_OF_PROCESSORS and not one.absent]
    for one in accelerators:
        kind = _KINDS_OF_PROCESSORS[one.kind]
        at = next((i for i, d in enumerate(found) if not d.kind and _same(d, one, found, accelerators)), None)
        if at is None:
            found.append(PcieDevice(one.id, kind, one.manufacturer, one.model, "", one.firmware, one.serial))
        else:
            known = found[at]
            found[at] = replace(known, kind=kind, model=one.model or known.model, serial=known.serial or one.serial)
    return tuple(sorted(found, key=lambda d: d.address))


def _same(device: PcieDevice, one: Processor, devices: list[PcieDevice], accelerators: list[Processor]) -> bool:
    """By serial; else by model; else by maker, where each device of that maker is one of the accelerators."""
    if device.serial and one.serial:
        return device.serial == one.serial
    if one.model and one.model.lower() in device.model.lower():
        return True
    if not device.vendor or device.vendor != one.manufacturer:
        return False
    made = sum(d.vendor == device.vendor for d in devices)
    return made == sum(a.manufacturer == one.manufacturer for a in accelerators)
