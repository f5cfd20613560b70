"""Each port is held to its speed and duplex, and what nobody states is UNKNOWN."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from metalctl.model.run import BondSpec
from metalctl.model.verdict import Verdict

BOND = BondSpec("bond0", ("52:54:00:00:00:01", "52:54:00:00:00:02"), mtu=9000, speed=25e9)


def change_nic(node: Any, **fields: Any) -> None:
    first, second = node.inventory.nics
    node.change(nics=(first, replace(second, **fields)))


@pytest.mark.parametrize(
    ("fields", "verdict", "reason"),
    [
        ({}, "PASS", ""),
        ({"speed": 10**10}, "FAIL", "speed is 10 Gb/s, wanted at least 25 Gb/s"),
        ({"speed": None}, "UNKNOWN", "states no speed"),
        ({"link": False, "speed": None}, "FAIL", "has no link"),
        ({"duplex": "half"}, "FAIL", "half duplex"),
        ({"mac": "52:54:00:00:00:77"}, "SKIP", "is in no bond"),
    ],
)
def test_each_port_of_a_bond_is_held_to_its_speed(node: Any, fields: Any, verdict: str, reason: str) -> None:
    change_nic(node, **fields)
    first, second = node.run("link-speed", bonds=(BOND,))
    assert first.verdict is Verdict.PASS
    assert second.verdict == verdict
    assert reason in second.reason
    assert second.part.startswith("nic eth1")


@pytest.mark.truth("B7", "a duplex that nobody states is not full, and not half either")
@pytest.mark.parametrize("duplex", ["", "unknown"])
def test_a_port_that_states_no_duplex_is_unknown(node: Any, duplex: str) -> None:
    change_nic(node, duplex=duplex)
    _, second = node.run("link-speed", bonds=(BOND,))
    assert (second.verdict, "states no duplex" in second.reason) == (Verdict.UNKNOWN, True)
