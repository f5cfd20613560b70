"""What the BMC's log says of drives, supplies, fans and buses counts; what is of no kind is told, never dropped."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.bmc.ipmi.events import SENSOR_TYPES, SPECIFIC, WARNING
from metalctl.model.inventory import LogEntry
from metalctl.model.verdict import Verdict
from metalctl.node.counters import sel_events
from tests.unit.node.runner.errors_of import bad, bmc, shipped, told

AT = "07/21/2026 | 09:1{}:00"
KIND = "what the BMC's log says of drives, supplies, fans and buses counts"


def line(number: int, sensor: str, event: str, way: str = "Asserted", more: str = "") -> str:
    return f" {number:3x} | {AT.format(number)} | {sensor} | {event} | {way}{f' | {more}' if more else ''}"


FAULTS = {
    "drive-fault": [("Drive Slot / Bay HDD Bay 5", "Drive Fault"), ("Drive Slot / Bay #0x61", "Predictive Failure"),
                    ("Drive Slot HDD3", "In Failed Array"), ("Drive Slot HDD3", "Rebuild Aborted"),
                    ("Drive Slot / Bay B2", "In Critical Array")],
    "power-fault": [("Power Supply PSU2", "Failure detected"), ("Power Supply #0x72", "Predictive failure"),
                    ("Power Supply PSU1", "Power Supply AC lost"), ("Power Unit PwrUnit", "Redundancy Lost"),
                    ("Voltage P12V", "Lower Critical going low")],
    "cooling-fault": [("Fan FAN4A", "Lower Critical going low "), ("Temperature Inlet", "Upper Critical going high"),
                      ("Temperature VRM", "Upper Non-recoverable going high"), ("Chip Set #0x1f", "Thermal Trip"),
                      ("Fan Redundancy", "Non-Redundant: Insufficient Resources"),
                      ("Memory CPU2 DIMM_C", "Critical Overtemperature")],
    "pcie-nonfatal": [("Critical Interrupt PCIE1", "Bus Uncorrectable error"),
                      ("Critical Interrupt #0x1", "Bus Degraded"),
                      ("Critical Interrupt #0x1", "Bus Timeout"), ("Slot / Connector RISER2", "Fault Status")],
    "pcie-corrected": [("Critical Interrupt PCIE1", "Bus Correctable error")],
    "cpu-uncorrected": [("Processor P1", "SM BIOS Uncorrectable CPU-complex Error"),
                        ("Processor P1", "FRB3/Processor startup/init failure")],
    "memory-uncorrected": [("Memory #0x53", "Memory Device Disabled")],
}  # fmt: skip
EVERY = [(kind, *fault) for kind, faults in FAULTS.items() for fault in faults]


@pytest.mark.truth("B2", KIND)
@pytest.mark.parametrize(("kind", "sensor", "event"), EVERY)
def test_an_offset_that_means_a_hardware_error_has_its_kind(kind: str, sensor: str, event: str) -> None:
    assert [e.kind for e in sel_events.parse(line(1, sensor, event))] == [kind]


STATES = ("drive-fault", "power-fault", "cooling-fault")


@pytest.mark.truth("B2", KIND)
@pytest.mark.parametrize("kind", STATES)
def test_a_fault_that_stands_fails_its_part(whole: Any, kind: str) -> None:
    sensor, event = FAULTS[kind][0]
    bmc(whole, line(1, sensor, event, more="Reading 3 < Threshold 9 RPM"))
    part = f"{kind.split('-')[0]} ({sensor} {event.strip()})"
    assert bad(whole, **shipped()) == [(Verdict.FAIL, part)]


@pytest.mark.parametrize("kind", STATES)
def test_a_fault_that_was_taken_back_is_told(whole: Any, kind: str) -> None:
    sensor, event = FAULTS[kind][0]
    bmc(whole, line(1, sensor, event), line(2, sensor, event, "Deasserted", "Reading 50"))
    (result,) = told(whole, **shipped())
    assert (result.verdict, f"{kind}, taken back stood at 1" in result.reason) == (Verdict.PASS, True), result.reason
    bmc(whole, line(1, sensor, event), line(2, sensor, event, "Deasserted"), line(3, sensor, event))
    assert [v for v, _ in bad(whole, run_id="r2", **shipped())] == [Verdict.FAIL]


def test_one_sensor_does_not_take_back_anothers_fault(whole: Any) -> None:
    event = FAULTS["drive-fault"][0][1]
    bmc(whole, line(1, "Drive Slot HDD3", event), line(2, "Drive Slot HDD4", event, "Deasserted"))
    assert [v for v, _ in bad(whole, **shipped())] == [Verdict.FAIL]


def test_an_uncorrectable_error_is_not_undone_by_its_sensor(whole: Any) -> None:
    bmc(whole, line(1, "Memory M", "Uncorrectable ECC"), line(2, "Memory M", "Uncorrectable ECC", "Deasserted"))
    assert [v for v, _ in bad(whole, **shipped())] == [Verdict.FAIL]


@pytest.mark.truth("B2", "an entry of the BMC's log that is of no kind is told, not dropped")
@pytest.mark.parametrize(
    ("sensor", "event"),
    [("Battery CMOS", "Low"), ("Management Subsystem Health", "Sensor failure"),
     ("Cable / Interconnect", "Config Error"),
     ("Temperature Inlet", "Upper Non-critical going high"), ("OEM #0x44", "OEM Specific"),
     ("Watchdog 2", "Hard reset"),
     ("Drive Slot / Bay 2", "Rebuild In Progress"), ("Unknown #0xff", "Event 0a offset 3")],
)  # fmt: skip
def test_what_is_of_no_kind_is_told(whole: Any, sensor: str, event: str) -> None:
    bmc(whole, line(1, sensor, event))
    (result,) = told(whole, **shipped())
    assert (result.verdict, f"machine ({sensor} {event}): BMC log: other" in result.reason) == (Verdict.PASS, True), (
        result
    )


@pytest.mark.parametrize(
    ("sensor", "event"),
    [("Drive Slot / Bay 1", "Drive Present"), ("Power Supply PS1", "Presence detected"),
     ("Slot / Connector 2", "Identify Status"),
     ("Version Change", "Hardware change detected"), ("Fan Redundancy", "Fully Redundant"),
     ("Power Unit", "Power off/down"),
     ("Fan 3", "Predictive Failure Deasserted"), ("System Boot Initiated", "Initiated by power up"),
     ("Temperature Inlet", "Transition to OK")],
)  # fmt: skip
def test_good_news_is_not_told(sensor: str, event: str) -> None:
    assert sel_events.parse(line(1, sensor, event)) == []


OURS = {(sort, offset): what for (sort, offset), (what, severity) in SPECIFIC.items() if severity not in ("", "ok")}
# What a person has to look at and no counter judges: settings, cables, self-tests of firmware, logs, watchdogs.
ONLY_TOLD = {
    (0x07, 3),
    (0x07, 5),
    (0x07, 8),
    (0x07, 10),
    (0x0C, 7),
    (0x0C, 9),
    (0x0D, 7),
    (0x09, 5),
    (0x13, 0),
    (0x13, 3),
}
JUDGED = {(s, o): w for (s, o), w in OURS.items() if s in (0x07, 0x08, 0x09, 0x0C, 0x0D, 0x13, 0x21)}


@pytest.mark.truth("B2", KIND)
@pytest.mark.parametrize("place", sorted(set(JUDGED) - ONLY_TOLD), ids=lambda p: f"{p[0]:02x}h {p[1]}")
def test_metalctls_own_words_for_an_offset_have_a_kind_too(place: tuple[int, int]) -> None:
    text = f"sensor 4 {SENSOR_TYPES[place[0]]}: {OURS[place]}"
    (entry,) = sel_events.given([("2026-07-20T02:14:31+00:00", WARNING, text)])
    assert entry.kind


@pytest.mark.parametrize("place", sorted(OURS), ids=lambda p: f"{p[0]:02x}h {p[1]}")
def test_no_offset_with_a_severity_is_dropped(place: tuple[int, int]) -> None:
    text = f"{SENSOR_TYPES[place[0]]}: {OURS[place]}"
    assert sel_events.given([("2026-07-20T02:14:31+00:00", WARNING, text)])


def read(severity: str, message: str, minute: int = 1) -> LogEntry:
    return LogEntry(f"2026-07-20T02:0{minute}:31+00:00", severity, message)


@pytest.mark.truth("B2", KIND)
@pytest.mark.parametrize(
    "said",
    ["Fault detected on drive 4 in disk drive bay 1.", "Power supply 2 failed.", "Predictive failure on drive 0",
     "The power input for power supply 1 is lost.", "Fan 6 RPM is less than the lower critical threshold."],
)  # fmt: skip
def test_makers_words_of_a_fault_that_was_read_from_outside_count(whole: Any, said: str) -> None:
    assert [v for v, _ in bad(whole, bmc_log=(read("critical", said),), **shipped())] == [Verdict.FAIL]


def test_what_was_read_from_outside_may_be_taken_back_too(whole: Any) -> None:
    entries = (read("critical", "Power supply 2 failed."), read("ok", "Power supply 2 is operating normally.", 5))
    assert bad(whole, bmc_log=entries, **shipped()) == [(Verdict.PASS, "")]
    other = (entries[0], read("ok", "Power supply 1 is operating normally.", 5))
    assert [v for v, _ in bad(whole, bmc_log=other, run_id="r2", **shipped())] == [Verdict.FAIL]
