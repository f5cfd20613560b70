"""One compute node in full size passes the shipped profile's numbers: `./dev test full-size`, 10 to 30 minutes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Rack, metalctl, why_not

pytestmark = [pytest.mark.rack, pytest.mark.slow, pytest.mark.timeout(3600)]
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """`show big1 --json` once the node was matched, or failed to."""
    if reason := why_not():
        pytest.skip(reason)
    metalctl("image", "build", timeout=1800)
    metalctl("lab", "up", str(HERE / "rack.yaml"), "--name", "full")
    try:
        info = json.loads(metalctl("lab", "status", "--name", "full", "--json").stdout)
        built = Rack("full", info, tmp_path_factory.mktemp("full"))
        rows = Path(info["nodes_file"])
        rows.write_text(rows.read_text().replace("lab/compute", "lab/full-size"))
        built.serve()
        built.inside("enroll", str(rows), "--detach")
        before = ("discovered", "verified", "inspected", "matched")
        built.follow(
            2700, lambda now: all(n["condition"] == "failed" or n["stage"] not in before for n in now.values())
        )
        found: dict[str, Any] = json.loads(built.inside("show", "big1", "--json").stdout)
        built.stop()
        yield found
    finally:
        metalctl("lab", "down", "--name", "full", "--keep-logs")


def findings(shown: dict[str, Any]) -> list[dict[str, Any]]:
    return [f for stage in shown["stages"] if stage["stage"] == "matched" for f in stage["findings"]]


def test_it_matches(shown: dict[str, Any]) -> None:
    wrong = [(f["requirement"], f["verdict"], f["got"]) for f in findings(shown) if f["verdict"] in ("FAIL", "UNKNOWN")]
    assert wrong == []
    assert shown["stage"] not in ("discovered", "verified", "inspected", "matched")


@pytest.mark.parametrize(
    ("requirement", "got"),
    # TCG has no topoext: the kernel takes each of the 64 × 2 threads of an emulated AMD processor for a core.
    [("cpu.cores", "128"), ("cpu.threads", "128"), ("cpu.virtualization", "AMD-V")],
)
def test_it_is_of_full_size(requirement: str, got: str, shown: dict[str, Any]) -> None:
    (found,) = (f for f in findings(shown) if f["requirement"] == requirement)
    assert (found["verdict"], found["got"]) == ("PASS", got)


def test_its_memory_is_beyond_the_hosts(shown: dict[str, Any]) -> None:
    (found,) = (f for f in findings(shown) if f["requirement"] == "memory.total")
    assert found["verdict"] == "PASS"
    assert found["expected"].startswith("≥ 512"), found
