"""Every fault that the emulated rack can have is found by name, and no other: `./dev test faults`, 10 to 20 minutes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Rack, metalctl, why_not

pytestmark = [pytest.mark.rack, pytest.mark.slow, pytest.mark.timeout(3600)]
HERE = Path(__file__).parent
# node → the requirements that block it
WRONG = {
    "low-memory": {"memory.total"},
    "iommu-off": {"cpu.iommu"},
    "legacy-boot": {"boot_mode"},
    "small-disk": {"disks.os.count"},
    "missing-nvme": {"disks.data.count"},
}


@pytest.fixture(scope="module")
def rack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rack]:
    """The rack of rack.yaml, all of it enrolled with the strict profile, until each node is matched or failed."""
    if reason := why_not():
        pytest.skip(reason)
    os.environ["METALCTL_CONTENT"] = str(HERE / "content")
    metalctl("image", "build", timeout=1800)
    metalctl("lab", "up", str(HERE / "rack.yaml"), "--name", "faults")
    try:
        info = json.loads(metalctl("lab", "status", "--name", "faults", "--json").stdout)
        built = Rack("faults", info, tmp_path_factory.mktemp("faults"))
        rows = Path(info["nodes_file"])
        rows.write_text(rows.read_text().replace("lab/compute", "lab/strict"))
        built.serve()
        built.inside("enroll", str(rows), "--detach")
        built.follow(1800, _all_judged)
        yield built
        built.stop()
    finally:
        del os.environ["METALCTL_CONTENT"]
        metalctl("lab", "down", "--name", "faults", "--keep-logs")


def _all_judged(now: dict[str, dict[str, Any]]) -> bool:
    judged = ("prepared", "burned-in", "installed", "accepted", "certified", "handed-over")
    return all(n["condition"] == "failed" or n["stage"] in judged for n in now.values())


def blocking(rack: Rack, node: str) -> list[dict[str, Any]]:
    shown = json.loads(rack.inside("show", node, "--json").stdout)
    bad = ("FAIL", "UNKNOWN")
    found = [f for stage in shown["stages"] if stage["stage"] == "matched" for f in stage["findings"]]
    return [f for f in found if f["verdict"] in bad and f["severity"] != "warning"]


def test_the_good_node_matches(rack: Rack) -> None:
    assert blocking(rack, "good") == []


@pytest.mark.parametrize("node", sorted(WRONG))
def test_the_named_finding_appears_and_no_other(node: str, rack: Rack) -> None:
    found = blocking(rack, node)
    assert {f["requirement"] for f in found} == WRONG[node], [(f["requirement"], f["got"]) for f in found]
    assert {f["verdict"] for f in found} == {"FAIL"}
    assert all(f["remedy"] for f in found)
