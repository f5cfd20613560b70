"""What is around the mainboard, and firmware: power supplies, sensors, TPM, the BMC and its event log."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Firmware:
    """One firmware: component ("bios", "bmc", "nic eth0", "nvme S1"), version, vendor, date.

    state: "" for what is installed and runs; else what image it is: "previous", "staged", "backup", "inactive".
    """

    component: str
    version: str
    vendor: str = ""
    date: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class PowerSupply:
    """A power supply. capacity in watts; present: an empty bay is False.

    health: "ok", "warning", "critical", "failed", "faulty", "disabled", "not available", or "" when nobody states it.
    """

    slot: str
    present: bool | None = None
    health: str = ""
    capacity: float | None = None
    input_volts: float | None = None
    model: str = ""
    serial: str = ""
    part_number: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class Sensor:
    """A reading. kind: "temperature" (°C), "fan" (rpm or %), "voltage" (V), "power" (W), "current" (A)."""

    name: str
    kind: str
    value: float | None = None
    unit: str = ""
    health: str = ""
    upper_critical: float | None = None
    lower_critical: float | None = None


@dataclass(frozen=True, slots=True)
class Tpm:
    """A trusted platform module. version: "2.0", "1.2" or ""."""

    present: bool | None = None
    version: str = ""
    vendor: str = ""


@dataclass(frozen=True, slots=True)
class Manager:
    """The BMC itself. clock_offset: seconds its clock is ahead of ours, None when it states no time."""

    model: str = ""
    firmware: str = ""
    mac: str = ""
    address: str = ""
    clock_offset: float | None = None
    health: str = ""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of the BMC's event log. at: ISO 8601; severity: "ok", "warning", "critical" or ""."""

    at: str
    severity: str
    message: str
    sensor: str = ""
