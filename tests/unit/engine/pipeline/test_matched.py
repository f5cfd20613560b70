"""The stage `matched`: the profile and both inventories, one against the other."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from metalctl.engine.pipeline.outcome import Done, StageFailed
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.stages import matched
from metalctl.model.inventory import Inventory
from metalctl.model.stage import Stage
from metalctl.model.verdict import Verdict
from metalctl.store import enrollments, evidence, nodes
from tests.unit.engine.contexts import context_at

sys.path.insert(0, str(Path(__file__).parents[2] / "match"))
from machines import MACHINES

Play = Callable[..., Done]
GOOD = MACHINES["storage"]
OUTSIDE = replace(GOOD, source="out-of-band")


@pytest.fixture
def play(services: Services, enrolled: Callable[..., str]) -> Play:
    """Tick the stage for a storage node with these inventories."""

    def run(inside: Inventory, outside: Inventory | None) -> Done:
        identifier = enrolled("n1", profile="storage")
        with services.database.begin() as connection:
            evidence.add_inventory(connection, "n1", identifier, "in-band", inside)
            if outside is not None:
                evidence.add_inventory(connection, "n1", identifier, "out-of-band", outside)
            enrollment, node = enrollments.get(connection, identifier), nodes.get(connection, "n1")
        outcome = matched.tick(context_at(services, enrollment, node, Stage.MATCHED))
        assert isinstance(outcome, Done)
        return outcome

    return run


def test_a_good_machine_is_told_to_match_by_both_sides(play: Play) -> None:
    findings = play(GOOD, OUTSIDE).findings
    assert len(findings) > 15
    assert {f.verdict for f in findings} <= {Verdict.PASS, Verdict.SKIP}


def test_a_disk_that_the_bmc_knows_and_the_kernel_does_not_is_a_contradiction(play: Play) -> None:
    spare = replace(GOOD.disks[-1], serial="UNSEEN1", wwn="", name="Bay 20", slot="Bay 20")
    with pytest.raises(StageFailed) as caught:
        play(GOOD, replace(OUTSIDE, disks=(*OUTSIDE.disks, spare)))
    blocking = [f for f in caught.value.findings if f.blocks]
    assert [f.requirement for f in blocking] == ["sources.disk"]
    assert "UNSEEN1" in blocking[0].part


def test_power_supplies_that_only_the_bmc_knows_are_judged_by_its_word(play: Play) -> None:
    silent = replace(GOOD, power_supplies=())
    assert play(silent, OUTSIDE).findings
    one = replace(OUTSIDE, power_supplies=OUTSIDE.power_supplies[:1])
    with pytest.raises(StageFailed, match=r"power\.supplies"):
        play(silent, one)


def test_what_neither_side_states_is_unknown_and_no_hardware_fault(play: Play) -> None:
    with pytest.raises(StageFailed) as caught:
        play(replace(GOOD, power_supplies=()), None)
    assert caught.value.fault == "metalctl"
    assert {f.verdict for f in caught.value.findings if f.blocks} == {Verdict.UNKNOWN}
