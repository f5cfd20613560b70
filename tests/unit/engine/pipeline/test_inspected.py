"""The stage `inspected`: what the BMC says of the machine against what the booted system says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from metalctl.engine.pipeline import power
from metalctl.engine.pipeline.outcome import Done, StageFailed, Wait
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.stages import inspected
from metalctl.model.boot import PhoneHome
from metalctl.model.finding import Finding
from metalctl.model.identity import Identity
from metalctl.model.inventory import Dimm, Inventory, Memory, Nic
from metalctl.model.stage import Stage
from metalctl.model.verdict import Verdict
from metalctl.store import boots, enrollments, evidence, nodes
from tests.unit.engine.contexts import context_at

Play = Callable[..., Finding]
UUID, NEW_UUID = "5e7e5000-1a2b-4c3d-8e4f-000000000002", "5e7e5000-1a2b-4c3d-8e4f-0000000000ff"
PORTS = ("b8:ce:f6:00:00:01", "b8:ce:f6:00:00:02")


def machine(source: str, identity: Identity, ports: tuple[str, ...], *dimms: str, maker: str = "Acme") -> Inventory:
    slots = tuple(Dimm(f"A{n}", 2**34, manufacturer=maker, part_number="P", serial=d) for n, d in enumerate(dimms))
    return Inventory(
        source, identity, memory=Memory(dimms=slots), nics=tuple(Nic(f"e{n}", m) for n, m in enumerate(ports))
    )


# A BMC writes the makers' names in its own way: modules are compared by serial.
OUTSIDE = machine("out-of-band", Identity("F54P1G3", UUID, PORTS[:1], chassis_serial="C77"), PORTS, "1A", "1B",
                  maker="Acme Corporation")  # fmt: skip
INSIDE = machine("in-band", Identity("F54P1G3", UUID, PORTS, chassis_serial="C77"), PORTS, "1A", "1B")


@pytest.fixture
def play(services: Services, enrolled: Callable[..., str]) -> Play:
    """Tick the stage for a node that was read from both sides, and give the finding of the identity."""

    def run(outside: Inventory, inside: Inventory) -> Finding:
        identifier = enrolled("n1")
        with services.database.begin() as connection:
            nodes.set_identity(connection, "n1", outside.identity)
            evidence.add_inventory(connection, "n1", identifier, "out-of-band", outside)
            evidence.add_inventory(connection, "n1", identifier, "in-band", inside)
            boots.add_boot(connection, identifier, PhoneHome("", "n1", "ramdisk", "b-1", address="127.0.0.8"))
            enrollment, node = enrollments.get(connection, identifier), nodes.get(connection, "n1")
        try:
            outcome = inspected.tick(context_at(services, enrollment, node, Stage.INSPECTED))
        except StageFailed as failed:
            findings = failed.findings
        else:
            assert isinstance(outcome, Done)
            findings = outcome.findings
            assert not any(f.blocks for f in findings)
        (found,) = findings
        assert found.requirement == "identity.same"
        return found

    return run


def test_one_machine_passes_with_all_of_its_fingerprint(play: Play) -> None:
    found = play(OUTSIDE, INSIDE)
    assert (found.verdict, found.remedy) == (Verdict.PASS, "")
    assert found.got == (
        "same serial, uuid, macs; 100 % of the fingerprint agrees (serial, chassis serial, UUID, MAC addresses, "
        "memory modules)"
    )


def test_a_swapped_board_is_told_from_another_machine(play: Play) -> None:
    board = replace(INSIDE, identity=replace(INSIDE.identity, serial="NEW9", uuid=NEW_UUID))
    found = play(OUTSIDE, board)
    assert (found.verdict, found.blocks) == (Verdict.FAIL, True)
    assert found.got.startswith("board swapped: serial F54P1G3 is not NEW9; UUID ")
    assert "50 % of the fingerprint agrees (chassis serial, MAC addresses, memory modules)" in found.got
    assert "write the machine's serial and UUID to the new board" in found.remedy
    assert "another server" not in found.remedy


def test_a_bmc_address_that_leads_to_another_server_is_named(play: Play) -> None:
    other = machine("in-band", Identity("X1", NEW_UUID, ("52:54:00:00:00:09",), chassis_serial="C1"),
                    ("52:54:00:00:00:09",), "9A", "9B")  # fmt: skip
    found = play(OUTSIDE, other)
    assert (found.verdict, found.blocks) == (Verdict.FAIL, True)
    assert found.got.startswith("another machine: serial F54P1G3 is not X1;")
    assert found.got.endswith("nothing of the fingerprint agrees")
    assert "the BMC at https://127.0.0.9?system=n1 sits in another server" in found.remedy
    assert "board" not in found.remedy


def test_a_card_that_moved_to_another_server_makes_it_no_swapped_board(play: Play) -> None:
    ports = (PORTS[0], "52:54:00:00:00:09")
    other = machine("in-band", Identity("X1", NEW_UUID, ports, chassis_serial="C1"), ports, "9A", "9B")
    found = play(OUTSIDE, other)
    assert found.verdict is Verdict.FAIL
    assert found.got.startswith("most likely another machine:")
    assert "only MAC addresses in part agree: compare the label" in found.remedy


def test_other_cards_in_the_same_board_are_told_as_such_and_still_stop(play: Play) -> None:
    ports = ("52:54:00:00:00:09",)
    found = play(OUTSIDE, replace(INSIDE, identity=replace(INSIDE.identity, macs=ports), nics=(Nic("e0", ports[0]),)))
    assert (found.verdict, found.blocks) == (Verdict.FAIL, True)
    assert found.got.startswith("network cards swapped: no MAC address in common")


def test_parts_alone_are_no_identity(play: Play) -> None:
    """Modules and a chassis serial agree, but nothing that names the machine: as before, nobody can tell."""
    found = play(
        replace(OUTSIDE, identity=Identity(serial="F54P1G3", chassis_serial="C77"), nics=()),
        replace(INSIDE, identity=Identity(uuid=UUID, chassis_serial="C77"), nics=()),
    )
    assert (found.verdict, found.blocks) == (Verdict.UNKNOWN, True)
    assert found.got.startswith("none in common; 100 % of the fingerprint agrees (chassis serial, memory modules)")


def test_one_moved_port_does_not_carry_a_machine_of_which_all_else_differs(play: Play) -> None:
    ports = (PORTS[0], "52:54:00:00:00:09")
    outside = replace(OUTSIDE, identity=Identity(macs=PORTS, chassis_serial="C77"))
    inside = machine("in-band", Identity(macs=ports, chassis_serial="C1"), ports, "9A", "9B")
    found = play(outside, inside)
    assert (found.verdict, found.blocks) == (Verdict.UNKNOWN, True)
    assert "same macs, but 19 % of the fingerprint agrees (MAC addresses in part)" in found.got


@pytest.mark.parametrize(
    ("memo", "read"), [({}, 0), ({"held": True}, 1), ({"held": True, "booted_at": 3.0}, 0)],
    ids=["nobody held it", "held before the boot", "held in the boot"],
)  # fmt: skip
def test_what_the_login_of_verified_read_counts_unless_a_hand_was_on_the_machine_before_it_booted(
    services: Services, enrolled: Callable[..., str], monkeypatch: pytest.MonkeyPatch, memo: dict[str, Any], read: int
) -> None:
    anew: list[str] = []
    monkeypatch.setattr(power, "boot_into", lambda *_: Wait(1, "booting"))
    monkeypatch.setattr(inspected, "_read_out_of_band", lambda ctx: anew.append(ctx.node.name) or OUTSIDE)
    identifier = enrolled("n1")
    with services.database.begin() as connection:
        evidence.add_inventory(connection, "n1", identifier, "out-of-band", OUTSIDE)
        enrollment, node = enrollments.get(connection, identifier), nodes.get(connection, "n1")
    assert isinstance(inspected.tick(context_at(services, enrollment, node, Stage.INSPECTED, memo)), Wait)
    assert anew == ["n1"] * read
    assert "held" not in memo
