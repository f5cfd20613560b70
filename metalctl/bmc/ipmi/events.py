"""What events mean (IPMI 2.0, tables 42-2 and 42-3): the offsets that tell of hardware, with their severity."""

from __future__ import annotations

OK, WARNING, CRITICAL = "ok", "warning", "critical"

SENSOR_TYPES = {
    0x01: "temperature", 0x02: "voltage", 0x03: "current", 0x04: "fan", 0x05: "physical security", 0x07: "processor",
    0x08: "power supply", 0x09: "power unit", 0x0A: "cooling", 0x0C: "memory", 0x0D: "drive", 0x0F: "system firmware",
    0x10: "event log", 0x11: "watchdog", 0x12: "system event", 0x13: "critical interrupt", 0x14: "button",
    0x15: "module", 0x17: "add-in card", 0x19: "chipset", 0x1B: "cable", 0x1D: "system boot", 0x1E: "boot error",
    0x1F: "operating system", 0x20: "OS stop", 0x21: "slot", 0x22: "ACPI power state", 0x23: "watchdog",
    0x25: "entity", 0x27: "LAN", 0x28: "management", 0x29: "battery", 0x2B: "version change",
}  # fmt: skip

# Event/reading type 01h: the even offsets go low, the odd ones go high.
THRESHOLDS = (("lower non-critical", WARNING), ("lower critical", CRITICAL),
              ("lower non-recoverable", CRITICAL), ("upper non-critical", WARNING), ("upper critical", CRITICAL),
              ("upper non-recoverable", CRITICAL))  # fmt: skip

# Generic types 02h to 0Ch: (type, offset) → (what, severity).
GENERIC = {
    (0x03, 0): ("deasserted", OK), (0x03, 1): ("asserted", WARNING),
    (0x04, 0): ("no failure predicted", OK), (0x04, 1): ("failure predicted", WARNING),
    (0x05, 0): ("limit not exceeded", OK), (0x05, 1): ("limit exceeded", WARNING),
    (0x06, 0): ("performance met", OK), (0x06, 1): ("performance lags", WARNING),
    (0x07, 0): ("OK", OK), (0x07, 1): ("non-critical", WARNING), (0x07, 2): ("critical", CRITICAL),
    (0x07, 3): ("non-recoverable", CRITICAL), (0x07, 4): ("non-critical", WARNING), (0x07, 5): ("critical", CRITICAL),
    (0x07, 6): ("non-recoverable", CRITICAL), (0x07, 7): ("monitor", OK), (0x07, 8): ("informational", OK),
    (0x08, 0): ("absent", WARNING), (0x08, 1): ("present", OK),
    (0x09, 0): ("disabled", OK), (0x09, 1): ("enabled", OK),
    (0x0B, 0): ("fully redundant", OK), (0x0B, 1): ("redundancy lost", CRITICAL),
    (0x0B, 2): ("redundancy degraded", WARNING), (0x0B, 3): ("not redundant, sufficient", WARNING),
    (0x0B, 4): ("not redundant, sufficient", WARNING), (0x0B, 5): ("not redundant, insufficient", CRITICAL),
}  # fmt: skip

# Sensor-specific (6Fh): (sensor type, offset) → (what, severity).
SPECIFIC = {
    (0x05, 0): ("chassis intrusion", WARNING), (0x05, 4): ("LAN cable lost", WARNING),
    (0x07, 0): ("internal error", CRITICAL), (0x07, 1): ("thermal trip", CRITICAL),
    (0x07, 2): ("failed its self test", CRITICAL), (0x07, 3): ("hung in POST", CRITICAL),
    (0x07, 4): ("failed to start", CRITICAL), (0x07, 5): ("configuration error", CRITICAL),
    (0x07, 6): ("uncorrectable SMBIOS error", CRITICAL), (0x07, 7): ("present", OK), (0x07, 8): ("disabled", WARNING),
    (0x07, 10): ("throttled", WARNING), (0x07, 11): ("uncorrectable machine check", CRITICAL),
    (0x07, 12): ("correctable machine check", WARNING),
    (0x08, 0): ("present", OK), (0x08, 1): ("failed", CRITICAL), (0x08, 2): ("failure predicted", WARNING),
    (0x08, 3): ("input lost", CRITICAL), (0x08, 4): ("input lost or out of range", CRITICAL),
    (0x08, 5): ("input out of range", WARNING), (0x08, 6): ("configuration error", WARNING),
    (0x09, 0): ("powered off", OK), (0x09, 1): ("power cycled", OK), (0x09, 4): ("AC lost", CRITICAL),
    (0x09, 5): ("soft power control failed", WARNING), (0x09, 6): ("power unit failed", CRITICAL),
    (0x09, 7): ("failure predicted", WARNING),
    (0x0C, 0): ("correctable ECC error", WARNING), (0x0C, 1): ("uncorrectable ECC error", CRITICAL),
    (0x0C, 2): ("parity error", CRITICAL), (0x0C, 3): ("scrub failed", CRITICAL), (0x0C, 4): ("disabled", CRITICAL),
    (0x0C, 5): ("limit of correctable errors reached", CRITICAL), (0x0C, 6): ("present", OK),
    (0x0C, 7): ("configuration error", CRITICAL), (0x0C, 8): ("spare", OK), (0x0C, 9): ("throttled", WARNING),
    (0x0C, 10): ("critically hot", CRITICAL),
    (0x0D, 0): ("present", OK), (0x0D, 1): ("fault", CRITICAL), (0x0D, 2): ("failure predicted", WARNING),
    (0x0D, 5): ("in a critical array", CRITICAL), (0x0D, 6): ("in a failed array", CRITICAL),
    (0x0D, 7): ("rebuilding", WARNING), (0x0D, 8): ("rebuild aborted", CRITICAL),
    (0x0F, 0): ("POST error", CRITICAL), (0x0F, 1): ("firmware hang", CRITICAL), (0x0F, 2): ("progress", OK),
    (0x10, 0): ("logging of correctable memory errors disabled", WARNING), (0x10, 1): ("logging disabled", WARNING),
    (0x10, 2): ("cleared", OK), (0x10, 3): ("all logging disabled", WARNING), (0x10, 4): ("full", WARNING),
    (0x10, 5): ("almost full", WARNING), (0x10, 6): ("logging of machine checks disabled", WARNING),
    (0x12, 5): ("clock changed", OK),
    (0x13, 0): ("front panel NMI", CRITICAL), (0x13, 1): ("bus timeout", CRITICAL), (0x13, 2): ("I/O NMI", CRITICAL),
    (0x13, 3): ("software NMI", CRITICAL), (0x13, 4): ("PCI parity error", CRITICAL),
    (0x13, 5): ("PCI system error", CRITICAL), (0x13, 7): ("correctable bus error", WARNING),
    (0x13, 8): ("uncorrectable bus error", CRITICAL), (0x13, 9): ("fatal NMI", CRITICAL),
    (0x13, 10): ("fatal bus error", CRITICAL), (0x13, 11): ("degraded bus", WARNING),
    (0x14, 0): ("power button pressed", OK), (0x14, 2): ("reset button pressed", OK),
    (0x19, 0): ("power control failed", CRITICAL), (0x19, 1): ("thermal trip", CRITICAL),
    (0x1B, 0): ("connected", OK), (0x1B, 1): ("wrongly connected", CRITICAL),
    (0x1D, 0): ("powered up", OK), (0x1D, 1): ("hard reset", OK), (0x1D, 2): ("warm reset", OK),
    (0x1D, 3): ("PXE boot requested", OK), (0x1D, 7): ("restarted", OK),
    (0x1E, 0): ("no bootable medium", WARNING), (0x1E, 1): ("no boot disk", WARNING),
    (0x1E, 2): ("PXE server not found", WARNING),
    (0x20, 0): ("stopped while loading", CRITICAL), (0x20, 1): ("stopped at run time", CRITICAL),
    (0x20, 2): ("stopped gracefully", OK), (0x20, 3): ("shut down gracefully", OK),
    (0x21, 0): ("fault", CRITICAL), (0x23, 0): ("timer expired", WARNING), (0x23, 1): ("hard reset", WARNING),
    (0x23, 2): ("powered down", WARNING), (0x23, 3): ("power cycled", WARNING), (0x23, 8): ("timer interrupt", WARNING),
    (0x25, 0): ("present", OK), (0x25, 1): ("absent", WARNING), (0x25, 2): ("disabled", WARNING),
    (0x27, 0): ("heartbeat lost", WARNING), (0x27, 1): ("heartbeat", OK),
    (0x28, 0): ("sensor degraded", WARNING), (0x28, 1): ("controller degraded", WARNING),
    (0x28, 2): ("controller offline", CRITICAL), (0x28, 3): ("controller unavailable", CRITICAL),
    (0x28, 4): ("sensor failure", WARNING), (0x28, 5): ("FRU failure", WARNING),
    (0x29, 0): ("low", WARNING), (0x29, 1): ("failed", CRITICAL), (0x29, 2): ("present", OK),
}  # fmt: skip
