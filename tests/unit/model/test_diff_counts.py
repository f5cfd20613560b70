"""Memory errors are counted from each boot."""

from __future__ import annotations

from dataclasses import replace

from metalctl.model.diff import diff
from metalctl.model.identity import Identity
from metalctl.model.inventory import Dimm, Inventory, Memory


def test_fewer_errors_than_before_are_no_change_and_more_are() -> None:
    def machine(corrected: int) -> Inventory:
        dimm = Dimm("A1", 2**30, serial="D1", corrected=corrected)
        return replace(Inventory("in-band", Identity()), memory=Memory(dimms=(dimm,)))

    assert diff(machine(5), machine(0)) == ()
    (change,) = diff(machine(0), machine(5))
    assert (change.fact, change.meaning) == ("corrected", "failing")
