"""Why a check has no part to run on: an unread list is UNKNOWN, a machine without such a part is SKIP."""

from __future__ import annotations

import pytest

from metalctl.model.identity import Identity
from metalctl.model.inventory import Disk, Inventory, Unreadable
from metalctl.model.run import RunSpec
from metalctl.model.verdict import Verdict
from metalctl.node.plugin.parts import Absent, parts

_SPEC = RunSpec("r1", "n1", "burn-in", "quick", {})


@pytest.mark.parametrize(
    ("fact", "verdict"),
    [("disks", Verdict.UNKNOWN), ("disks.vda.health", Verdict.SKIP), ("disk", Verdict.SKIP), ("nics", Verdict.SKIP)],
)
def test_only_a_note_of_the_list_itself_hides_a_part(fact: str, verdict: Verdict) -> None:
    machine = Inventory("in-band", Identity(), disks=(Disk("vda", "unknown"),), unreadable=(Unreadable(fact, "why"),))
    (absent,) = parts("nvme", machine, _SPEC)
    assert isinstance(absent, Absent)
    assert absent.verdict is verdict


def test_dimms_under_an_unread_memory_are_unknown_with_its_reason() -> None:
    machine = Inventory("in-band", Identity(), unreadable=(Unreadable("memory", "no table"),))
    assert parts("dimm", machine, _SPEC) == [Absent(Verdict.UNKNOWN, "no table")]
