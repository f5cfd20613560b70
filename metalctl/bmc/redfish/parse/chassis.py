"""Pure parsers: sensors and PCIe devices of a chassis, from the old schemas and the new ones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from metalctl.bmc.redfish.parse import compute as parse_compute
from metalctl.bmc.redfish.parse import names, pcie_link
from metalctl.bmc.redfish.schema.chassis import Fan, PcieDeviceSchema, Power, Reading, SensorSchema, Thermal
from metalctl.bmc.redfish.schema.system import Processor
from metalctl.model.inventory import PcieDevice, Sensor

# ReadingType of Sensor → kind and unit of ours. Energy, humidity, frequency and the like are not kept.
_KINDS = {"temperature": ("temperature", "°C"), "rotational": ("fan", "rpm"), "percent": ("fan", "%"),
          "voltage": ("voltage", "V"), "power": ("power", "W"), "current": ("current", "A")}  # fmt: skip
_UNITS = {"rpm": "rpm", "percent": "%", "%": "%"}
_KINDS_OF_PROCESSORS = {"gpu": "gpu", "fpga": "fpga", "accelerator": "accelerator", "dsp": "dsp"}
_FAN = re.compile(r"\bfan", re.IGNORECASE)


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
    return hot + [_sensor(one, "fan", one.fan, _UNITS.get(one.unit.lower(), "")) for one in thermal.fans if _works(one)]


def _works(one: Reading | SensorSchema) -> bool:
    return one.state not in ("absent", "disabled")


def _sensor(one: Reading, kind: str, value: float | None, unit: str) -> Sensor:
    # Zero as a threshold of temperature stands for "none" on several BMCs, and no machine is meant to freeze.
    return Sensor(one.name, kind, value, unit, one.health, one.upper or None, one.lower)


def sensors(found: Iterable[SensorSchema]) -> list[Sensor]:
    """The sensors of a Sensors collection that are of a kind we keep. Per cents are fans only if they say so."""
    kept = []
    for one in found:
        kind, unit = _KINDS.get(one.kind, ("", ""))
        if not kind or not _works(one) or (one.kind == "percent" and not _FAN.search(one.name)):
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


def pcie(one: PcieDeviceSchema) -> PcieDevice:
    """One PCIe device; its kind is not stated by the device itself."""
    return PcieDevice(
        address=one.id,
        vendor=one.manufacturer,
        model=names.model(one.model, one.name, one.part_number, one.sku) or one.name,
        firmware=one.firmware,
        serial=one.serial,
        slot=one.slot,
        link=pcie_link.stated(one),
    )


def with_accelerators(devices: Iterable[PcieDevice], processors: Iterable[Processor]) -> tuple[PcieDevice, ...]:
    """The devices; those that are listed as processors too get their kind, and what else is said, from there."""
    found = list(devices)
    accelerators = [one for one in parse_compute.accelerators(processors) if one.kind in _KINDS_OF_PROCESSORS]
    for one in accelerators:
        kind = _KINDS_OF_PROCESSORS[one.kind]
        at = next((i for i, d in enumerate(found) if not d.kind and _same(d, one, found, accelerators)), None)
        if at is None:
            found.append(PcieDevice(one.id, kind, one.manufacturer, _model(one), "", one.firmware, one.serial))
        else:
            known = found[at]
            found[at] = replace(known, kind=kind, model=_model(one, known), serial=known.serial or one.serial)
    return tuple(sorted(found, key=lambda d: d.address))


def _model(one: Processor, device: PcieDevice | None = None) -> str:
    """The name of an accelerator's model: as the list of processors has it, else the device; a number only at last."""
    texts = [names.model(one.model, one.name, one.part_number), device.model if device else ""]
    proper = (text for text in texts if names.is_name(text) and not names.same_number(text, one.part_number))
    return next(proper, texts[0] or texts[1])


def _same(device: PcieDevice, one: Processor, devices: list[PcieDevice], accelerators: list[Processor]) -> bool:
    """By serial; else by model; else by maker, where each device of that maker is one of the accelerators."""
    if device.serial and one.serial:
        return device.serial == one.serial
    if (model := _model(one)) and model.lower() in device.model.lower():
        return True
    if not device.vendor or device.vendor != one.manufacturer:
        return False
    made = sum(d.vendor == device.vendor for d in devices)
    return made == sum(a.manufacturer == one.manufacturer for a in accelerators)
