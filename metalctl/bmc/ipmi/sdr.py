"""Sensor data records, and what a reading means by them (IPMI 2.0, 43 and 36.3). Pure functions of bytes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from metalctl.bmc.ipmi.text import unpack
from metalctl.model.inventory import PowerSupply, Sensor

FULL, COMPACT, FRU_LOCATOR = KINDS = (0x01, 0x02, 0x11)
BMC = 0x20  # owner of the sensors that need no bridging
THRESHOLD, SENSOR_SPECIFIC = 0x01, 0x6F
POWER_SUPPLY, POWER_SUPPLY_ENTITY = 0x08, 10
_BY_UNIT = {1: ("temperature", "°C"), 2: ("temperature", "°C"), 3: ("temperature", "°C"), 4: ("voltage", "V"),
            5: ("current", "A"), 6: ("power", "W"), 18: ("fan", "rpm")}  # fmt: skip
_FAN = 4
_LINEAR: tuple[Callable[[float], float], ...] = (
    lambda x: x, math.log, math.log10, math.log2, math.exp, lambda x: math.pow(10, x), lambda x: math.pow(2, x),
    lambda x: 1 / x, lambda x: x * x, lambda x: x**3, math.sqrt, lambda x: math.copysign(abs(x) ** (1 / 3), x),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """A sensor of the repository. type, code: of the sensor, and of its readings. raw: the whole of a full record."""

    name: str
    owner: int
    lun: int
    number: int
    entity: int
    type: int
    code: int
    units: bytes
    raw: bytes = b""

    @property
    def is_of_bmc(self) -> bool:
        """Whether it needs no bridging to another controller."""
        return self.owner == BMC and self.lun == 0


@dataclass(frozen=True, slots=True)
class Locator:
    """A part with a FRU inventory of its own, behind the BMC (`logical`)."""

    name: str
    fru_id: int
    entity: int


def parse(data: bytes) -> Record | Locator | None:
    """The record, None when it is cut off or of a kind that says nothing to us. Never raises."""
    kind = data[3] if len(data) > 5 else 0
    if kind == FULL and len(data) >= 48:
        return Record(_name(data, 47), data[5], data[6] & 3, data[7], data[8], data[12], data[13], data[20:23], data)
    if kind == COMPACT and len(data) >= 32:
        return Record(_name(data, 31), data[5], data[6] & 3, data[7], data[8], data[12], data[13], data[20:23])
    if kind == FRU_LOCATOR and len(data) >= 16 and data[5] == BMC and data[7] & 0x80:
        return Locator(_name(data, 15), data[6], data[12])
    return None


def _name(data: bytes, at: int) -> str:
    size = data[at] & 0x1F
    return unpack(data[at] >> 6, data[at + 1 : at + 1 + size])


def sensor(record: Record, answer: bytes | None) -> Sensor | None:
    """The sensor with its reading (the data of Get Sensor Reading, None when it was refused); None when it is no
    measurement. A reading that the BMC calls unavailable is None, not zero."""
    percent, unit = record.units[0] & 1, record.units[1]
    kind, shown = _BY_UNIT.get(unit, ("", ""))
    if percent and record.type == _FAN:
        kind, shown = "fan", "%"
    if not kind or not record.raw or record.code != THRESHOLD:
        return None
    known = available(answer)
    value = convert(record, answer[0]) if answer and known else None
    return Sensor(
        record.name,
        kind,
        value,
        shown,
        _health(answer[2]) if answer and known and len(answer) > 2 else "",
        _limit(record, 4, 37),
        _limit(record, 1, 40),
    )


def available(answer: bytes | None) -> bool:
    """Whether the BMC scans the sensor and has a reading."""
    return answer is not None and len(answer) >= 2 and bool(answer[1] & 0x40) and not answer[1] & 0x20


def convert(record: Record, raw: int) -> float | None:
    """A raw byte in the unit of the model; None when the record does not say how."""
    data = record.raw
    form = data[20] >> 6
    if form == 3 or data[23] & 0x7F >= len(_LINEAR):
        return None
    number = raw if form == 0 or raw < 128 else raw - 255 if form == 1 else raw - 256
    m, b = _signed(data[24] | (data[25] & 0xC0) << 2, 10), _signed(data[26] | (data[27] & 0xC0) << 2, 10)
    r_exp, b_exp = _signed(data[29] >> 4, 4), _signed(data[29] & 15, 4)
    try:
        value = _LINEAR[data[23] & 0x7F]((m * number + b * 10.0**b_exp) * 10.0**r_exp)
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
    return round(_si(value, data[21]), 4) if math.isfinite(value) else None


def _si(value: float, unit: int) -> float:
    return (value - 32) / 1.8 if unit == 2 else value - 273.15 if unit == 3 else value


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> bits - 1 else value


def _limit(record: Record, bit: int, at: int) -> float | None:
    """A threshold out of the record, when it says that it has one."""
    data = record.raw
    access = data[11] >> 2 & 3
    readable = data[18] >> bit & 1 or access == 3
    return convert(record, data[at]) if access and readable and data[at] else None


def _health(status: int) -> str:
    """The thresholds that are passed: non-recoverable and critical ones, or non-critical ones."""
    return "critical" if status & 0b110110 else "warning" if status & 0b001001 else "ok"


def power_supply(record: Record, answer: bytes | None) -> PowerSupply | None:
    """The supply that a discrete sensor of type 08h watches (states of table 42-3); None for any other sensor."""
    if record.type != POWER_SUPPLY or record.code != SENSOR_SPECIFIC:
        return None
    if not answer or len(answer) < 3 or not available(answer):
        return PowerSupply(record.name)
    present, failed, predicted, no_input = (bool(answer[2] >> bit & 1) for bit in range(4))
    health = "critical" if failed or no_input else "warning" if predicted else "ok" if present else ""
    return PowerSupply(record.name, present, health)
