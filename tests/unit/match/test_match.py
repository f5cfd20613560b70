"""Matching, by cases in cases/*.yaml."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory, Memory
from metalctl.model.match import match
from metalctl.model.profile import MemoryRequirement, Profile, Range, Requires
from metalctl.model.verdict import Verdict

sys.path.insert(0, str(Path(__file__).parent))
from machines import GIB, changed, dimms, usable

CASES = {
    sentence: case
    for file in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
    for sentence, case in yaml.safe_load(file.read_text()).items()
}
EXACT = ("requirement", "verdict")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_match(case: dict[str, Any], profile: Callable[..., Profile]) -> None:
    inventory = changed(case["machine"], case.get("change", {}))
    found = match(inventory, profile(case["machine"], case.get("requires", {}), **case.get("profile", {})))
    others = [f for f in found if f.verdict is not Verdict.PASS]
    assert [(f.requirement, str(f.verdict)) for f in others] == [
        (e["requirement"], e["verdict"]) for e in case["expect"]
    ]
    for finding, expected in zip(others, case["expect"], strict=True):
        for field in expected.keys() - EXACT:
            assert str(expected[field]) in str(getattr(finding, field)), finding
        assert finding.remedy or finding.verdict is Verdict.SKIP


def test_every_requirement_of_a_good_node_has_its_own_finding(
    profile: Callable[..., Profile],
) -> None:
    names = [f.requirement for f in match(changed("compute", {}), profile("compute", {}))]
    assert names == [
        "cpu.cores", "cpu.threads", "cpu.microcode", "cpu.packages", "cpu.virtualization", "cpu.kvm", "cpu.iommu",
        "memory.total", "memory.usable", "memory.balanced", "memory.channels", "memory.ecc",
        "disks.os.count", "disks.os.healthy", "disks.data.count", "disks.data.healthy", "disks.data.endurance",
        "disks.data.full_link", "network.bond0.members", "network.bond0.speed",
        "boot_mode", "power.supplies", "bmc.clock", "firmware.bios", "firmware.nic",
    ]  # fmt: skip


@given(count=st.integers(2, 64), size=st.sampled_from([4, 8, 16, 32, 64, 128]))
def test_one_mapped_out_module_is_caught_in_a_machine_of_any_size(count: int, size: int) -> None:
    total = count * size * GIB
    asked = Profile("p", "compute", requires=Requires(memory=MemoryRequirement(total=Range(total))))

    def usable_is(seen: int) -> Verdict:
        machine = Inventory("in-band", Identity(), memory=Memory(seen, dimms(count, size)))
        return next(f.verdict for f in match(machine, asked) if f.requirement == "memory.usable")

    assert usable_is(usable(total)) is Verdict.PASS
    assert usable_is(usable(total - size * GIB)) is Verdict.FAIL
