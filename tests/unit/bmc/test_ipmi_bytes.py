"""FRU, SDR and SEL bytes to facts."""

from __future__ import annotations

from typing import Any

import pytest
from pyghmi.ipmi.fru import FRU

from metalctl.bmc.errors import BadAnswer
from metalctl.bmc.ipmi import fru, sdr, sel, text
from metalctl.model.inventory import PowerSupply, Sensor
from tests.unit.bmc import ipmi_bytes as made
from tests.unit.bmc.ipmi_bytes import event


def test_every_field_of_a_fru_inventory_is_read_without_a_doubt() -> None:
    found = fru.parse(made.SYSTEM)
    assert found.chassis == {"part_number": "CH-PN", "serial": "CH-SN7"}
    assert found.board == {"manufacturer": "Acme", "product": "Board X", "serial": "BRD-SN7", "part_number": "BRD-PN"}
    assert found.product["serial"] == "SYS-SN7"
    assert found.extra == {"board.1": "custom"}
    assert found.doubts == ()


def test_another_reader_of_fru_bytes_reads_the_same() -> None:
    theirs = FRU(rawdata=bytearray(made.SYSTEM)).info
    ours = fru.parse(made.SYSTEM)
    assert theirs["Serial Number"] == ours.product["serial"]
    assert theirs["Manufacturer"] == ours.product["manufacturer"]
    assert theirs["Chassis serial number"] == ours.chassis["serial"]
    assert theirs["Board serial number"] == ours.board["serial"]


def test_a_wrong_checksum_is_a_doubt_and_not_the_end() -> None:
    found = fru.parse(made.SYSTEM[:-1] + bytes([made.SYSTEM[-1] ^ 1]))
    assert found.doubts == ("the checksum of the product area is wrong",)
    assert found.product["serial"] == "SYS-SN7"


def test_an_area_that_is_cut_off_is_a_doubt() -> None:
    assert "the product area is cut off" in fru.parse(made.SYSTEM[:-20]).doubts


@pytest.mark.parametrize("data", [b"", b"\1", bytes(64), b"\xff" * 64])
def test_what_is_no_fru_inventory_is_an_error_of_the_room(data: bytes) -> None:
    with pytest.raises(BadAnswer):
        fru.parse(data)


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [(text.BINARY, b"\x01\xff", "01ff"), (text.BCD, b"\x12\xab", "12 -"), (text.SIXBIT, b"\x29\xdc\xa6", "IPMI"),
     (text.TEXT, b"  A\x00B", "A"), (text.TEXT, b"A\x1b[31mB", "A [31mB")],
)  # fmt: skip
def test_packed_text_is_unpacked(kind: int, data: bytes, expected: str) -> None:
    assert text.unpack(kind, data) == expected


def test_text_of_another_language_is_utf_16() -> None:
    assert text.unpack(text.TEXT, "日本".encode("utf-16-le"), 8) == "日本"


OK = b"\xc0\x00"


def sensor(raw: int, status: bytes = OK, **how: Any) -> Sensor:
    options: dict[str, Any] = {"number": 1, "name": "S", "sort": 1, "unit": 1, "m": 1, **how}
    record = sdr.parse(made.full(**options))
    assert isinstance(record, sdr.Record)
    found = sdr.sensor(record, bytes([raw]) + status)
    assert found
    return found


CONVERSIONS = {
    "as it is": (42, {}, 42.0),
    "twice, and three more": (10, {"m": 2, "b": 3}, 23.0),
    "B has its own exponent": (10, {"b": 5, "exponents": (0, 1)}, 60.0),
    "the result has an exponent": (192, {"m": 63, "unit": 4, "exponents": (-3, 0)}, 12.096),
    "M is negative": (10, {"m": -2, "b": 100}, 80.0),
    "two's complement": (0xF6, {"form": 2}, -10.0),
    "one's complement": (0xF5, {"form": 1}, -10.0),
    "Fahrenheit": (212, {"unit": 2}, 100.0),
    "Kelvin": (200, {"unit": 3}, -73.15),
    "square": (7, {"linear": 8}, 49.0),
    "square root": (144, {"linear": 10}, 12.0),
    "one over nothing": (0, {"linear": 7}, None),
    "a logarithm of nothing": (0, {"linear": 1}, None),
    "a linearization of the maker's own": (1, {"linear": 0x70}, None),
    "no analog reading": (1, {"form": 3}, None),
}


@pytest.mark.parametrize(("raw", "how", "expected"), CONVERSIONS.values(), ids=CONVERSIONS)
def test_a_raw_reading_is_converted(raw: int, how: dict[str, Any], expected: float | None) -> None:
    assert (
        sensor(raw, **how).value == pytest.approx(expected)
        if expected is not None
        else sensor(raw, **how).value is None
    )


@pytest.mark.parametrize(
    ("status", "value", "health"),
    [(b"\xc0\x00", 42.0, "ok"), (b"\xc0\x08", 42.0, "warning"), (b"\xc0\x18", 42.0, "critical"),
     (b"\xc0\x02", 42.0, "critical"), (b"\xe0\x00", None, ""), (b"\x80\x00", None, ""), (b"\xc0", 42.0, "")],
)  # fmt: skip
def test_an_unavailable_reading_is_none_and_passed_thresholds_are_told(
    status: bytes, value: float | None, health: str
) -> None:
    found = sensor(42, status)
    assert (found.value, found.health) == (value, health)


def test_thresholds_come_from_the_record_where_it_says_that_it_has_them() -> None:
    found = sensor(42, limits=(100, 95, 90, 0, 5, 10), readable=0x3F)
    assert (found.upper_critical, found.lower_critical) == (95.0, 5.0)
    found = sensor(42, limits=(100, 95, 90, 0, 5, 10), readable=0x10)
    assert (found.upper_critical, found.lower_critical) == (95.0, None)


def test_a_fan_in_per_cent_is_one() -> None:
    found = sensor(60, sort=4, unit=0, percent=True)
    assert (found.kind, found.unit, found.value) == ("fan", "%", 60.0)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (0b0001, PowerSupply("PSU1", True, "ok")),
        (0b0011, PowerSupply("PSU1", True, "critical")),
        (0b1001, PowerSupply("PSU1", True, "critical")),
        (0b0101, PowerSupply("PSU1", True, "warning")),
        (0b0000, PowerSupply("PSU1", False, "")),
    ],
)
def test_a_power_supply_is_told_by_its_discrete_sensor(states: int, expected: PowerSupply) -> None:
    record = sdr.parse(made.compact(4, "PSU1", 8))
    assert isinstance(record, sdr.Record)
    assert sdr.power_supply(record, bytes([0, 0xC0, states, 0x80])) == expected
    assert sdr.power_supply(record, None) == PowerSupply("PSU1"), "not read: neither present nor absent"


EVENTS = {
    "uncorrectable ECC error with its module": (
        event(0x0C, 0x6F, b"\xa1\xff\x03"), "critical", "memory: uncorrectable ECC error, module 3"),
    "correctable ECC error": (event(0x0C, 0x6F, b"\0\xff\xff"), "warning", "memory: correctable ECC error"),
    "temperature too high": (event(1, 1, b"\x59\x60\x5f"), "critical", "temperature: upper critical going high"),
    "and no longer": (event(1, 0x81, b"\x59\x60\x5f"), "ok", "temperature: upper critical going high (no longer)"),
    "power supply lost its input": (event(8, 0x6F, b"\3\xff\xff"), "critical", "power supply: input lost"),
    "redundancy": (event(8, 0x0B, b"\1\xff\xff"), "critical", "power supply: redundancy lost"),
    "unknown to us": (event(0xC5, 0x70, b"\7\x12\xff"), "", "sensor type c5h: event 70h offset 7 (12ff)"),
}  # fmt: skip


@pytest.mark.parametrize(("record", "severity", "message"), EVENTS.values(), ids=EVENTS)
def test_an_event_is_told_with_its_severity(record: bytes, severity: str, message: str) -> None:
    found = sel.parse(record, {9: "DIMM A1"})
    assert found
    assert (found.severity, found.message, found.sensor, found.at) == (
        severity,
        message,
        "DIMM A1",
        "2023-11-22T14:28:16+00:00",
    )


@pytest.mark.parametrize(("at", "told"), [(17, "17 s after the BMC started"), (0xFFFFFFFF, "")])
def test_a_clock_that_was_not_set_is_no_date(at: int, told: str) -> None:
    found = sel.parse(event(1, 1, b"\0\0\0", at=at))
    assert found
    assert (found.at, found.sensor) == (told, "sensor 09h")


def test_records_of_the_maker_are_kept_as_they_are() -> None:
    timed, bare = sel.parse(event(1, 1, b"abc", kind=0xC1)), sel.parse(event(1, 1, b"abc", kind=0xE1))
    assert timed
    assert bare
    assert timed.at
    assert not bare.at
    assert bare.message.endswith(b"abc".hex())
    assert sel.parse(b"short") is None
