"""What a BMC says of the machine as a whole: no part may be named, and nothing passes over it."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.finding import Finding
from metalctl.model.match import match
from metalctl.model.profile import MemoryRequirement, Profile, Range, Requires
from metalctl.model.verdict import Verdict
from tests.unit.bmc.stated import MEMORY, SYSTEM, read

whole = pytest.mark.truth("A8", "a machine that its BMC calls critical is not in order, although all its parts are")
ASKED = Profile(name="p", role="storage", requires=Requires(memory=MemoryRequirement(dimms=Range(1))))


def found(status: dict[str, Any], dimm: str = "OK", asked: Profile = ASKED) -> list[Finding]:
    """What is said of the health of a machine with this Status, and a module with that health."""
    one = f"{MEMORY}/1"
    tree = {
        SYSTEM: {"Id": "1", "Name": "s", "Memory": {"@odata.id": MEMORY}, "PowerState": "On", "Status": status},
        MEMORY: {"Name": "m", "Members": [{"@odata.id": one}], "Members@odata.count": 1},
        one: {"Id": "1", "Name": "m", "DeviceLocator": "A1", "CapacityMiB": 1024, "Status": {"Health": dimm}},
    }
    return [f for f in match(read(tree), asked) if f.requirement.endswith(".health")]


@whole
@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ({"State": "Enabled", "Health": "Critical"}, Verdict.FAIL),
        ({"Health": "CRITICAL", "HealthRollup": "OK"}, Verdict.FAIL),
        ({"Health": "Enabled", "State": "Critical"}, Verdict.FAIL),
        ({"Health": "Warning"}, Verdict.UNKNOWN),
        ({"Health": "OK", "HealthRollup": "Critical"}, Verdict.UNKNOWN),
        ({"Health": None, "HealthRollup": "Warning"}, Verdict.UNKNOWN),
    ],
)
def test_what_is_said_of_the_machine_is_a_finding(status: dict[str, Any], verdict: Verdict) -> None:
    (one,) = found(status)
    assert (one.requirement, one.verdict) == ("machine.health", verdict)
    assert one.got in ("critical", "warning")
    assert "event log" in one.remedy


@whole
def test_a_condition_that_it_names_is_told_in_its_words() -> None:
    status = {"Health": "OK", "Conditions": [{"Severity": "Critical", "Message": "The  intake is\nblocked"}]}
    (one,) = found(status)
    assert (one.requirement, one.verdict, one.got) == ("machine.health", Verdict.FAIL, "The intake is blocked")


@pytest.mark.parametrize(
    "status", [{}, {"Health": "OK"}, {"State": "Enabled", "Health": None}, {"Health": "OK", "HealthRollup": "OK"}]
)
def test_a_machine_in_order_or_of_which_nothing_is_said_has_no_finding(status: dict[str, Any]) -> None:
    assert found(status) == []


def test_a_part_that_explains_it_is_the_one_finding() -> None:
    named = found({"Health": "Critical", "HealthRollup": "Critical"}, "Critical")
    assert [one.requirement for one in named] == ["memory.health"]


def test_a_profile_that_asks_for_nothing_judges_nothing() -> None:
    assert found({"Health": "Critical"}, asked=Profile(name="p", role="storage")) == []
