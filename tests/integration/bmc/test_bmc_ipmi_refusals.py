"""A BMC that refuses amounts, moments and records, over a true session on loopback (pyghmi's server, our storage)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from metalctl.bmc import connect
from metalctl.bmc.endpoint import Endpoint
from metalctl.model.inventory import Inventory
from tests.integration.bmc.conftest import GOOD, own_address, running

PORT = 16241
ROOT = Path(__file__).parents[3]
Read = Callable[[str], Inventory]


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Read]:
    """The inventory over pyghmi's client of a BMC with these rules."""
    with ExitStack() as stack:

        def inventory(rules: str) -> Inventory:
            argv = [sys.executable, "-m", "tests.integration.bmc.ipmi_peer", own_address(), str(PORT), rules]
            endpoint: Endpoint = stack.enter_context(running(argv, PORT, tmp_path, cwd=ROOT))
            with connect(endpoint, GOOD) as bmc:
                return bmc.inventory()

        yield inventory


@pytest.mark.parametrize(
    "rules",
    [
        "none",
        pytest.param(
            "less",
            marks=pytest.mark.truth(
                "A10", "an amount that a BMC does not give in one answer is asked for in smaller ones"
            ),
        ),
        pytest.param(
            "again",
            marks=pytest.mark.truth(
                "A10", "what a BMC refuses for the moment is asked again, a bounded number of times"
            ),
        ),
    ],
)
def test_a_machine_is_read_whole_whatever_is_refused_for_the_moment(read: Read, rules: str) -> None:
    found = read(rules)
    assert [u for u in found.unreadable if not u.fact.startswith("manager")] == []
    assert (found.identity.serial, len(found.sensors), len(found.log)) == ("SYS-SN7", 3, 5)
    assert [(p.present, p.serial) for p in found.power_supplies] == [(True, "PSU-SN7")]


@pytest.mark.truth("A10", "a record or FRU that a BMC refuses costs itself alone, and is told")
def test_what_stays_refused_costs_itself_and_is_told(read: Read) -> None:
    found = read("lost")
    told = {u.fact: u.reason for u in found.unreadable}
    assert (found.identity.serial, [s.name for s in found.sensors]) == ("SYS-SN7", ["CPU1 Temp", "P12V"])
    assert "0002h" in told["sensors"]
    assert "FRU 1" in told["power_supplies.PSU1 FRU"]
