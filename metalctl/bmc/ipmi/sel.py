"""Records of the system event log to entries that a person reads (IPMI 2.0, 32). Pure functions of bytes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from metalctl.bmc.ipmi.events import GENERIC, OK, SENSOR_TYPES, SPECIFIC, THRESHOLDS
from metalctl.model.inventory import LogEntry

SIZE = 16
_SYSTEM_EVENT, _OEM_TIMED, _OEM = 0x02, 0xC0, 0xE0
_SINCE_START = 0x20000000  # below it are seconds since the BMC started
_UNSET = 0xFFFFFFFF
_MEMORY = 0x0C


def parse(record: bytes, names: Mapping[int, str] | None = None) -> LogEntry | None:
    """The entry, None when it is cut off. names: sensor number → its name. Never raises."""
    if len(record) < SIZE:
        return None
    kind = record[2]
    if kind >= _OEM:
        return LogEntry("", "", f"OEM record {kind:02x}h: {record[3:SIZE].hex()}")
    at = _time(int.from_bytes(record[3:7], "little"))
    if kind >= _OEM_TIMED:
        return LogEntry(at, "", f"OEM record {kind:02x}h: {record[7:SIZE].hex()}")
    if kind != _SYSTEM_EVENT:
        return LogEntry(at, "", f"record of type {kind:02x}h: {record[7:SIZE].hex()}")
    return _event(at, record, (names or {}).get(record[11], ""))


def _time(seconds: int) -> str:
    if seconds == _UNSET:
        return ""
    if seconds < _SINCE_START:
        return f"{seconds} s after the BMC started"
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _event(at: str, record: bytes, name: str) -> LogEntry:
    sensor_type, number, event = record[10], record[11], record[12] & 0x7F
    cleared, offset = bool(record[12] & 0x80), record[13] & 0x0F
    what, severity = _meaning(sensor_type, event, offset)
    sort = SENSOR_TYPES.get(sensor_type, f"sensor type {sensor_type:02x}h")
    message = f"{sort}: {what}" + _detail(sensor_type, event, record)
    if cleared:
        return LogEntry(at, OK, f"{message} (no longer)", name or f"sensor {number:02x}h")
    return LogEntry(at, severity, message, name or f"sensor {number:02x}h")


def _meaning(sensor_type: int, event: int, offset: int) -> tuple[str, str]:
    if event == 0x01 and offset < 2 * len(THRESHOLDS):
        what, severity = THRESHOLDS[offset // 2]
        return f"{what} going {'high' if offset % 2 else 'low'}", severity
    table = SPECIFIC if event == 0x6F else GENERIC
    unknown = (f"event {event:02x}h offset {offset}", "")
    return table.get((sensor_type if event == 0x6F else event, offset), unknown)


def _detail(sensor_type: int, event: int, record: bytes) -> str:
    """Which module of memory, where the record says so; the other two bytes when they say anything."""
    if sensor_type == _MEMORY and event == 0x6F and record[13] & 0x30 == 0x20 and record[15] != 0xFF:
        return f", module {record[15]}"
    told = record[14:16]
    return f" ({told.hex()})" if any(b not in (0x00, 0xFF) for b in told) and event != 0x01 else ""
