"""One UUID, told in the order of SMBIOS, of RFC 4122 and of IPMI: compared in all three wherever UUIDs are compared."""

from __future__ import annotations

import uuid

import pytest

from metalctl.bmc.discovery.scan import merged
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.ipmi.rmcp import guid
from metalctl.bmc.protocol import Probe
from metalctl.boot.memory import Machine, Memory
from metalctl.model.identity import Identity, agreements, contradictions, similarity
from metalctl.model.same_machine import same_machine
from metalctl.model.verdict import Verdict

truth = pytest.mark.truth("D2", "a UUID in another byte order is no other machine")

IN_BAND = "c0ffee17-1a2b-4c3d-9e8f-0b7b25d65182"
RAW = uuid.UUID(IN_BAND)
# What is told of that machine: `guid` is what is printed of the bytes that a BMC sends.
KNOWN = {
    "sent in the order of SMBIOS": guid(RAW.bytes_le),
    "sent in the order of RFC 4122": guid(RAW.bytes),
    "printed in the order of RFC 4122": IN_BAND,
}
NEW = {
    "sent in IPMI's own order": guid(RAW.bytes[::-1]),
    "printed in IPMI's own order": str(uuid.UUID(bytes=RAW.bytes[::-1])),
    "without dashes": IN_BAND.upper().replace("-", ""),
    "in braces": "{" + IN_BAND + "}",
}
each_order = pytest.mark.parametrize(
    "told", [*KNOWN.values(), *(pytest.param(one, marks=truth) for one in NEW.values())], ids=[*KNOWN, *NEW]
)


@each_order
def test_the_bmc_and_the_machine_are_one_in_every_order(told: str) -> None:
    outside, inside = Identity(uuid=told), Identity(uuid=IN_BAND, macs=("b0:7b:25:d6:51:82",))
    assert (contradictions(outside, inside), contradictions(inside, outside)) == ([], [])
    assert (agreements(outside, inside), similarity(outside, inside)) == (["uuid"], 1.0)
    assert same_machine(outside, inside, outside, inside, source="x").verdict is Verdict.PASS


@pytest.mark.parametrize("told", [*KNOWN.values(), *NEW.values()], ids=[*KNOWN, *NEW])
def test_another_uuid_contradicts_in_every_order(told: str) -> None:
    other = Identity(uuid=IN_BAND[:-1] + "3")
    assert len(contradictions(Identity(uuid=told), other)) == 1
    found = same_machine(Identity(uuid=told), other, Identity(uuid=told), other, source="x")
    assert (found.verdict, "another machine" in found.got) == (Verdict.FAIL, True)


@each_order
def test_two_addresses_of_one_bmc_are_one_row_in_every_order(told: str) -> None:
    rows = [
        Probe(Endpoint("10.0.0.1"), "redfish", uuid=IN_BAND),
        Probe(Endpoint("10.0.0.2", "ipmi"), "ipmi", uuid=told),
    ]
    assert len(merged(rows)) == 1


@each_order
def test_a_machine_that_boots_is_known_in_every_order(told: str) -> None:
    memory = Memory()
    memory.add(Machine("n1", uuid=told))
    assert memory.intent(["52:54:00:00:00:09"], IN_BAND) is not None
    assert memory.intent(["52:54:00:00:00:09"], IN_BAND[:-1] + "3") is None
