"""The stage `verified`: who the BMC says the machine is, against who was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from metalctl.bmc.discovery.manifest import Machine
from metalctl.bmc.errors import BadAnswer
from metalctl.engine.pipeline.outcome import Done, StageFailed
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.stages import verified
from metalctl.model.codec import encode
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory
from metalctl.model.stage import Stage
from metalctl.model.verdict import Verdict
from metalctl.store import enrollments, evidence, nodes
from tests.unit.engine.contexts import context_at

Play = Callable[[Identity, Machine | None], Done]


class FakeBmc:
    broken = False

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def identity(self) -> Identity:
        return self._identity

    def inventory(self) -> Inventory:
        if self.broken:
            raise BadAnswer("/redfish/v1/Systems/1/Memory: HTTP 500")
        return Inventory("out-of-band", self._identity)


@pytest.fixture
def play(services: Services, enrolled: Callable[..., str]) -> Play:
    """Tick the stage for a node whose BMC tells this identity."""

    def run(identity: Identity, machine: Machine | None) -> Done:
        with services.database.begin() as connection:
            options: dict[str, Any] = {"expected": {"n1": encode(machine)} if machine else {}}
            batch = enrollments.new_batch(connection, options)
        identifier = enrolled("n1", batch)
        with services.database.begin() as connection:
            enrollment, node = enrollments.get(connection, identifier), nodes.get(connection, "n1")

        @contextmanager
        def open_bmc(_: Any) -> Iterator[FakeBmc]:
            yield FakeBmc(identity)

        services.open_bmc = open_bmc  # type: ignore[method-assign, assignment]
        outcome = verified.tick(context_at(services, enrollment, node, Stage.VERIFIED))
        assert isinstance(outcome, Done)
        return outcome

    return run


LISTED = Machine(name="r7n03", serial="F54P1G3", rack="r7", unit=3)
UUID = "5e7e5000-1a2b-4c3d-8e4f-000000000002"


def test_the_expected_machine_is_let_through(play: Play) -> None:
    done = play(Identity(serial="F54P1G3", uuid=UUID), LISTED)
    assert [(f.requirement, f.verdict) for f in done.findings] == [("expected.serial", Verdict.PASS)]


def test_another_machine_behind_the_address_is_refused(play: Play) -> None:
    with pytest.raises(StageFailed) as caught:
        play(Identity(serial="OTHER77", uuid=UUID), LISTED)
    (found,) = caught.value.findings
    assert (found.verdict, found.expected, found.got, caught.value.fault) == (
        Verdict.FAIL, "F54P1G3", "OTHER77", "hardware")  # fmt: skip


def test_a_serial_that_means_nothing_is_unknown_and_stops_it(play: Play) -> None:
    with pytest.raises(StageFailed) as caught:
        play(Identity(serial="To be filled by O.E.M.", uuid=UUID), LISTED)
    assert (caught.value.findings[0].verdict, caught.value.fault) == (Verdict.UNKNOWN, "metalctl")


def test_without_a_manifest_nobody_is_expected(play: Play) -> None:
    assert play(Identity(serial="ANY1", uuid=UUID), None).findings == ()


def test_another_machine_than_at_the_enrollment_before_is_told_and_taken(play: Play, services: Services) -> None:
    play(Identity(serial="F54P1G3", uuid=UUID), None)
    assert play(Identity(serial="F54P1G3", uuid=UUID), None).findings == ()
    (told,) = play(Identity(serial="OTHER77", uuid=UUID), None).findings
    assert (told.requirement, told.verdict, told.severity) == ("identity.before", Verdict.FAIL, "warning")
    assert (told.got, told.blocks, bool(told.remedy)) == ("serial OTHER77 is not F54P1G3", False, True)
    with services.database.connect() as connection:
        assert nodes.get(connection, "n1").identity == Identity(serial="OTHER77", uuid=UUID)


ZEROES, MAC = "00:00:00:00:00:00", "b8:ce:f6:00:00:01"
TWINS = {
    "the same UUID in the other order of its bytes": (Identity(uuid="00507e5e-2b1a-3d4c-8e4f-000000000002"), True),
    "the same port": (Identity(macs=(MAC,)), True),
    "the same serial of the same maker": (Identity(serial="F54P1G3", manufacturer="Acme"), True),
    "the same serial of another maker": (Identity(serial="F54P1G3", manufacturer="Other"), False),
    "an address that no port has": (Identity(macs=(ZEROES,)), False),
    "a serial that nobody burned in": (Identity(serial="1234567890", manufacturer="Acme"), False),
    "one field that agrees and one that contradicts": (Identity("OTHER77", UUID), True),
}
OUTVOTED = {
    "a UUID alone": Identity("OTHER77", UUID, ("b8:ce:f6:00:00:02",), "Acme"),
    "a port alone": Identity("OTHER77", "5e7e5000-1a2b-4c3d-8e4f-000000000003", (MAC,), "Acme"),
    "a serial alone": Identity("F54P1G3", "5e7e5000-1a2b-4c3d-8e4f-000000000003", ("b8:ce:f6:00:00:02",), "Acme"),
}


@pytest.mark.parametrize(("other", "twin"), TWINS.values(), ids=TWINS)
def test_a_machine_that_another_node_claims_is_refused(
    play: Play, services: Services, enrolled: Callable[..., str], other: Identity, twin: bool
) -> None:
    with services.database.begin() as connection:
        nodes.put(connection, "n0", "https://127.0.0.8", "env:X", "lab/compute")
        nodes.set_identity(connection, "n0", other)
    serial = "1234567890" if other.serial == "1234567890" else "F54P1G3"
    ours = Identity(serial, UUID, (MAC, ZEROES), "Acme")
    if not twin:
        assert play(ours, None).findings == ()
        return
    with pytest.raises(StageFailed) as caught:
        play(ours, None)
    assert [(f.requirement, f.got) for f in caught.value.findings] == [("identity.unique", "the same as n0")]


@pytest.mark.truth("A9", "one field that agrees does not outvote two that contradict")
@pytest.mark.parametrize("other", OUTVOTED.values(), ids=OUTVOTED)
def test_one_field_that_agrees_makes_no_twin_of_a_machine_where_two_contradict(
    play: Play, services: Services, other: Identity
) -> None:
    with services.database.begin() as connection:
        nodes.put(connection, "n0", "https://127.0.0.8", "env:X", "lab/compute")
        nodes.set_identity(connection, "n0", other)
    assert play(Identity("F54P1G3", UUID, (MAC,), "Acme"), None).findings == ()


def test_a_machine_that_another_node_claims_is_refused_and_that_node_is_named(
    play: Play, services: Services, enrolled: Callable[..., str]
) -> None:
    enrolled("n2")
    with services.database.begin() as connection:
        nodes.set_identity(connection, "n2", Identity(serial="F54P1G3", uuid=UUID))
    with pytest.raises(StageFailed) as caught:
        play(Identity(serial="F54P1G3", uuid=UUID), None)
    (found,) = caught.value.findings
    assert (found.requirement, found.verdict, "n2" in found.got) == ("identity.unique", Verdict.FAIL, True)
    with services.database.connect() as connection:
        assert nodes.get(connection, "n1").identity is None


@pytest.mark.parametrize("broken", [False, True])
def test_the_same_login_reads_the_inventory_and_its_failure_is_left_to_the_next_stage(
    play: Play, services: Services, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    monkeypatch.setattr(FakeBmc, "broken", broken)
    play(Identity("F54P1G3", UUID), None)
    with services.database.connect() as connection:
        kept = evidence.last_two(connection, "n1", "out-of-band")
    assert [i.identity.serial for i in kept] == ([] if broken else ["F54P1G3"])
