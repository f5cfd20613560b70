"""Every fault that the emulated rack can have is found by name, and no other: `./dev test faults`, 17 minutes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Rack, metalctl, why_not

pytestmark = [pytest.mark.rack, pytest.mark.slow, pytest.mark.timeout(9000)]
HERE = Path(__file__).parent
# node → the requirements that block it
WRONG = {
    "low-memory": {"memory.total"},
    "mapped-out": {"memory.usable"},
    "channel": {"memory.channels", "memory.ecc"},
    "processor": {"cpu.smt", "cpu.iommu"},
    "legacy": {"boot_mode"},
    "disks": {"disks.os.count", "disks.data.count"},
    "board": {"firmware.bios", "bmc.clock", "power.supplies"},
    "cables": {"cabling.MAC0", "cabling.MAC1"},
    "switch": {"network.bond0.switches"},
    "card": {"network.bond0.cards"},
}


def content(where: Path, info: dict[str, Any]) -> Path:
    """The strict profile with the cabling plan of this very rack: of `good` as it is, of `cables` uncrossed."""
    copied = Path(shutil.copytree(HERE / "content", where / "content"))
    plan = [
        {"machine": node["serial"], "port": mac, "switch": switch, "switch_port": port}
        for node in info["nodes"]
        for mac, (switch, port) in zip(
            node["macs"], sorted(zip(node["switches"], node["switch_ports"], strict=True)), strict=True
        )
        if node["name"] in ("good", "cables")
    ]
    strict = copied / "profiles" / "lab" / "strict.yaml"
    strict.write_text(f"{strict.read_text()}  cabling: {json.dumps(plan)}\n")
    return copied


@pytest.fixture(scope="module")
def rack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rack]:
    """The rack of rack.yaml, all of it enrolled with the strict profile, until each node is matched or failed."""
    if reason := why_not():
        pytest.skip(reason)
    metalctl("image", "build", timeout=1800)
    metalctl("lab", "up", str(HERE / "rack.yaml"), "--name", "faults")
    try:
        info = json.loads(metalctl("lab", "status", "--name", "faults", "--json").stdout)
        home = tmp_path_factory.mktemp("faults")
        os.environ["METALCTL_CONTENT"] = str(content(home, info))
        built = Rack("faults", info, home)
        rows = Path(info["nodes_file"])
        rows.write_text(rows.read_text().replace("lab/compute", "lab/strict"))
        built.serve()
        built.inside("enroll", str(rows), "--detach")
        built.follow(5400, _all_judged)
        yield built
        built.stop()
    finally:
        os.environ.pop("METALCTL_CONTENT", None)
        metalctl("lab", "down", "--name", "faults", "--keep-logs")


def _all_judged(now: dict[str, dict[str, Any]]) -> bool:
    judged = ("prepared", "burned-in", "installed", "accepted", "certified", "handed-over")
    return all(n["condition"] == "failed" or n["stage"] in judged for n in now.values())


def blocking(rack: Rack, node: str) -> list[dict[str, Any]]:
    shown = json.loads(rack.inside("show", node, "--json", check=False).stdout)
    bad = ("FAIL", "UNKNOWN")
    found = [f for stage in shown["stages"] if stage["stage"] == "matched" for f in stage["findings"]]
    return [f for f in found if f["verdict"] in bad and f["severity"] != "warning"]


def test_the_good_node_matches(rack: Rack) -> None:
    assert blocking(rack, "good") == []


def wrong(rack: Rack, node: str) -> set[str]:
    """The requirements that the node must fail, its NICs named by their addresses."""
    (macs,) = (n["macs"] for n in rack.info["nodes"] if n["name"] == node)
    named = {f"MAC{number}": mac for number, mac in enumerate(macs)}
    return {f"cabling.{named[r[8:]]}" if r.startswith("cabling.") else r for r in WRONG[node]}


@pytest.mark.parametrize("node", sorted(WRONG))
def test_the_named_finding_appears_and_no_other(node: str, rack: Rack) -> None:
    found = blocking(rack, node)
    assert {f["requirement"] for f in found} == wrong(rack, node), [(f["requirement"], f["got"]) for f in found]
    assert {f["verdict"] for f in found} == {"FAIL"}
    assert all(f["remedy"] for f in found)


def test_swapped_cables_are_named_as_swapped(rack: Rack) -> None:
    for found in blocking(rack, "cables"):
        assert "exchange their cables" in found["remedy"], found


def test_a_node_that_was_repaired_is_tried_again_and_matches(rack: Rack) -> None:
    """From the ramdisk on: what was read of the faulty node no longer counts. Last, because it changes the rack."""
    assert blocking(rack, "disks")
    metalctl("lab", "repair", "disks", "--name", "faults")
    rack.inside("enroll", "--retry", "disks", "--detach")
    rack.follow(900, _all_judged)
    assert blocking(rack, "disks") == []
    assert rack.nodes()["disks"]["condition"] != "failed"
    told = json.loads(rack.inside("show", "disks", "--audit", "--json").stdout)["audit"]
    assert [one["detail"]["from_stage"] for one in told if one["action"] == "retry"] == ["inspected"]
