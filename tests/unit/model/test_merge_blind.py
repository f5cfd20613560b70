"""What the machine itself could not read whole is no contradiction to what the BMC lists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metalctl.model.inventory import Unreadable
from tests.unit.model.two_sides import found, inside, outside


@pytest.mark.parametrize("fact", ["memory.dimms", "memory"])
def test_modules_that_the_machine_could_not_read_are_not_called_missing(fact: str) -> None:
    memory = inside().memory
    half = replace(memory, dimms=memory.dimms[:8])
    assert len(found(outside(), inside(memory=half))) == 8
    assert found(outside(), inside(memory=half, unreadable=(Unreadable(fact, "dmidecode ended with 1"),))) == []


def test_disks_that_the_machine_could_not_read_are_not_called_missing() -> None:
    disks = inside().disks[:1]
    assert {f.requirement for f in found(outside(), inside(disks=disks))} == {"sources.disk"}
    assert found(outside(), inside(disks=disks, unreadable=(Unreadable("disks", "/sys/block"),))) == []
