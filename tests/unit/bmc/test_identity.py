"""Identity: what counts nothing, and what weighs how much."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metalctl.model.fingerprint import fingerprint
from metalctl.model.identity import (
    Identity,
    agreements,
    dimm_id,
    likeness,
    similarity,
    usable_mac,
    usable_serial,
    usable_uuid,
)
from metalctl.model.inventory import Dimm, Inventory, Memory, Nic
from metalctl.model.same_machine import same_machine
from metalctl.model.verdict import Verdict

UUID = "4c4c4544-0035-3410-8050-c6c04f314733"
WHOLE = Identity("S1-7", UUID, ("52:54:00:00:00:01", "52:54:00:00:00:02"), "Acme", "Box", "C1-7", {}, ("d1", "d2"))


@pytest.mark.parametrize(
    "serial",
    ["", "  ", "0", "0000000000", "1234567890", "12345", "123456789", "0123456789", "To be filled by O.E.M.",
     "TO BE FILLED BY O.E.M.", " Not  Specified ", "Default string", "System Serial Number", "N/A", "None",
     "xxxxxxxxxx",
     "........", "--", "FFFFFFFF", "Chassis Serial Number", "Empty", "INVALID"],
)  # fmt: skip
def test_a_serial_that_nobody_burned_in_counts_nothing(serial: str) -> None:
    assert usable_serial(serial) == ""
    other = Identity(serial, macs=("52:54:00:00:00:09",), chassis_serial=serial)
    assert similarity(Identity(serial, macs=("52:54:00:00:00:08",), chassis_serial=serial), other) == 0.0


@pytest.mark.parametrize("serial", ["F54P1G3", "S-1", "S1", "MXQ019020B", "A", "1234567890A", "CN0123456789"])
def test_a_serial_that_means_something_is_kept(serial: str) -> None:
    assert usable_serial(f" {serial} ") == serial


@pytest.mark.parametrize(
    "uuid",
    ["", "00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
     "03000200-0400-0500-0006-000700080009", "fefefefe-fefe-fefe-fefe-fefefefefefe"],
)  # fmt: skip
def test_a_uuid_that_nobody_burned_in_counts_nothing(uuid: str) -> None:
    assert usable_uuid(uuid) == ""
    assert agreements(Identity(uuid=uuid), Identity(uuid=uuid)) == []


def test_a_real_uuid_is_kept_in_lower_case() -> None:
    assert usable_uuid(UUID.upper()) == UUID


@pytest.mark.parametrize(
    ("text", "mac"),
    [("B0-7B-25-D6-51-82", "b0:7b:25:d6:51:82"), ("b07b.25d6.5182", "b0:7b:25:d6:51:82"), ("00:00:00:00:00:00", ""),
     ("ff:ff:ff:ff:ff:ff", ""), ("01:00:5e:00:00:01", ""), ("b0:7b:25:d6:51", ""), ("b0:7b:25:d6:51:8g", "")],
)  # fmt: skip
def test_a_mac_address_is_that_of_one_port(text: str, mac: str) -> None:
    assert usable_mac(text) == mac


NEW_BOARD = UUID[:-1] + "4"
CASES = {
    "the same in everything": (WHOLE, "same", 1.0),
    "a UUID whose bytes are swapped": (Identity("S1-7", "44454c4c-3500-1034-8050-c6c04f314733"), "same", 1.0),
    "another machine": (Identity("S1-8", NEW_BOARD, ("52:54:00:00:00:09",), "", "", "C1-8"), "different", 0.0),
    # Serial, UUID and the onboard port are the new board's; chassis, DIMMs and the card moved with the machine.
    "a new board in the same chassis": (
        Identity("S9-9", NEW_BOARD, ("52:54:00:00:00:02", "52:54:00:00:00:77"), "", "", "C1-7", {}, ("d1", "d2")),
        "changed", 6.5 / 16),
    "a card that was added": (
        Identity("S1-7", UUID, (*WHOLE.macs, "52:54:00:00:00:33"), "", "", "", {}, ("d1", "d2")), "same", 1.0),
    "nothing to compare": (Identity(manufacturer="Acme"), "unknown", 0.0),
    "too little to tell": (Identity(chassis_serial="C1-7"), "unknown", 1.0),
}  # fmt: skip


OUTVOTED = {
    "a port alone": Identity(macs=WHOLE.macs[:1], chassis_serial="C9-9", dimms=("d8", "d9")),
    "a serial alone": Identity("S1-7", chassis_serial="C9-9", dimms=("d8", "d9")),
    "a UUID alone": Identity("", UUID, chassis_serial="C9-9", dimms=("d8", "d9")),
}


@pytest.mark.truth("A9", "one field that agrees does not outvote two that contradict")
@pytest.mark.parametrize("other", OUTVOTED.values(), ids=OUTVOTED)
def test_one_field_that_agrees_does_not_outvote_two_that_contradict(other: Identity) -> None:
    known, seen = replace(WHOLE, chassis_serial="", dimms=()), replace(other, chassis_serial="", dimms=())
    found = same_machine(known, seen, WHOLE, other, source="x")
    assert (found.verdict, likeness(WHOLE, other)) == (Verdict.UNKNOWN, "different")


@pytest.mark.parametrize(("other", "word", "share"), CASES.values(), ids=CASES)
def test_likeness_is_weighed(other: Identity, word: str, share: float) -> None:
    assert similarity(WHOLE, other) == pytest.approx(share)
    assert similarity(other, WHOLE) == pytest.approx(share)
    assert likeness(WHOLE, other) == word


def test_a_dimm_without_a_serial_cannot_be_told_from_another() -> None:
    assert dimm_id("Acme", "P-1", "00000000") == ""
    assert dimm_id(" Acme ", "P-1", "17A0") == "acme/p-1/17a0"


def test_ports_and_memory_modules_are_part_of_the_fingerprint() -> None:
    def machine(serial: str, *dimms: str) -> Inventory:
        slots = tuple(Dimm(f"A{n}", 2**34, manufacturer="Acme", part_number="P", serial=d) for n, d in enumerate(dimms))
        ports = (Nic("eth0", "52:54:00:00:00:01"), Nic("lo", "00:00:00:00:00:00"))
        return Inventory("in-band", Identity(serial), memory=Memory(dimms=slots), nics=ports)

    before, after = fingerprint(machine("S1", "17A0", "17A1")), fingerprint(machine("S2", "17A1", "17A0", "00000000"))
    assert before.macs == ("52:54:00:00:00:01",)
    assert before.dimms == after.dimms == ("acme/p/17a0", "acme/p/17a1")
    assert similarity(before, after) == pytest.approx(6 / 10), "the board's serial changed, its parts are the same"
    assert likeness(before, after) == "same"
