"""What nobody burned in is no evidence, whoever tells it: the firmware's table, Redfish, IPMI."""

from __future__ import annotations

import pytest

from metalctl.bmc.ipmi.inventory import Collector
from metalctl.bmc.redfish.schema import system
from metalctl.model.identity import Identity, agreements, contradictions, usable_macs, usable_serial
from metalctl.model.same_machine import same_machine
from metalctl.model.verdict import Verdict
from metalctl.node import dmi
from tests.unit.bmc import ipmi_bytes as made

truth = pytest.mark.truth("A9", "a serial, UUID or MAC that nobody burned in is no evidence of who a machine is")

NUMBERS = [
    "Undefined", "NotAvailable", "NOT_AVAILABLE", "Not Avail", "Not Settable", "Unspecified", "not yet assigned",
    "(null)", "[Empty]", "DEFAULT_STRING", "Default string 01", "OEM Default", "To be set by OEM", "Filled By OEM",
    "To Be Defined By O.E.M", "Type2 - Board Serial Number", "BaseBoard Serial", "Module Serial Number", "A1_SerNum3",
    "DIMM0_SerialNumber", "SerNum00", "Serial Number xxxxxx", "SYS-9876543210", "SN-12345", "BSN12345678901234567890",
    "MB-1234567890", "Asset-1234567890", "123456789000", "123456789ABCDEF", "87654321", "ABCDEFGH", "ABCDEF123456",
    "0x00000000", "0xFFFFFFFF", "1212121212", "NO DIMM", "No Serial Number", "TBD", "EVAL", "1",
    "None Provided", "NONE SPECIFIED", "Data not available", "Serial not set", "Reserved", "Read Error", "SKU Number",
]  # fmt: skip
MACS = ["be:3a:f2:b6:05:9f", "88:88:88:88:87:88", "00:11:22:33:44:55", "22:22:22:22:22:22", "00:1b:21:00:00:00"]


@truth
@pytest.mark.parametrize("serial", NUMBERS)
def test_two_machines_with_one_placeholder_are_not_one(serial: str) -> None:
    one, other = Identity(serial, macs=("b0:7b:25:d6:51:82",)), Identity(serial)
    assert (usable_serial(serial), agreements(one, other)) == ("", [])
    assert same_machine(one, other, one, other, source="x").verdict is Verdict.UNKNOWN


@truth
@pytest.mark.parametrize("mac", MACS)
def test_an_address_that_many_ports_have_is_no_evidence(mac: str) -> None:
    one, other = Identity("S1-7", macs=(mac,)), Identity(macs=(mac, "b0:7b:25:d6:51:82"))
    assert (usable_macs([mac]), agreements(one, other)) == (frozenset(), [])
    assert contradictions(one, Identity("S1-7", macs=("b0:7b:25:d6:51:82",))) == [], "and contradicts nothing"


@truth
@pytest.mark.parametrize("serial", ["A1_SerNum0", "NotAvailable", "0123456789", "Default string", "00000000"])
def test_the_firmware_s_table_redfish_and_ipmi_leave_the_same_out(serial: str) -> None:
    section = {"": "Memory Device", "Serial Number": serial, "Locator": "A1_DIMM0", "Rank": "1"}
    assert [dmi.known(section, f) for f in ("Serial Number", "Locator", "Rank")] == ["", "A1_DIMM0", "1"]
    module = system.MemoryModule({"SerialNumber": serial, "PartNumber": "M393A4K40DB3-CWE"})
    assert (module.serial, module.part_number) == ("", "M393A4K40DB3-CWE")
    fru = made.fru(product=["Acme Corp", "Box 9000", "PN-1", "v2", serial])
    reader = Collector(lambda do, **_: fru.hex() if do == "fru" else "")
    assert (reader.identity().serial, reader.identity().product) == ("", "Box 9000")
    assert f"FRU 0 says {serial!r}, which nobody burned in" in [u.reason for u in reader.broken]


@truth
def test_a_real_serial_stands_in_for_a_placeholder_before_it() -> None:
    fru = made.fru(board=["Acme", "Board X", "BRD-7"], product=["Default string", "System Product Name"])
    found = Collector(lambda do, **_: fru.hex() if do == "fru" else "").identity()
    assert (found.manufacturer, found.product) == ("Acme", "Board X")
