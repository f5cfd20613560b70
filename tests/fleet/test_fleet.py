"""A thousand nodes for an hour, 1 % of BMCs that misbehave, a kill -9 each two minutes: `./dev test fleet`.

METALCTL_FLEET_NODES and METALCTL_FLEET_MINUTES make it smaller: 100 nodes and 10 minutes are enough to see it work. The
nodes are simulated machines (`metalctl lab bmcs --machines`), the service is metalctl's own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NODES = int(os.environ.get("METALCTL_FLEET_NODES", "1000"))
MINUTES = float(os.environ.get("METALCTL_FLEET_MINUTES", "60"))
# Seconds: the storm, a machine's own time again for those whose last kill was the worst, and what a bench may wait.
LIMIT = 60 * MINUTES * 2.5 + 2400 + 3 * NODES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(LIMIT + 120),
    pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace of one's own needs root"),
]


@pytest.fixture(scope="module")
def storm() -> dict[str, Any]:
    """The figures of bench/_storm.py, which are printed too."""
    words = ["--only", "storm", "--nodes", str(NODES), "--minutes", str(MINUTES), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "bench.fleet", *words],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        timeout=LIMIT,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    sys.stdout.write(done.stdout)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def test_the_service_was_killed_each_two_minutes(storm: dict[str, Any]) -> None:
    assert storm["kills"] >= MINUTES / 2 * 0.6
    assert storm["storm_nodes"] == NODES


def test_no_node_is_lost_and_none_is_stuck(storm: dict[str, Any]) -> None:
    assert (storm["storm_lost"], storm["storm_stuck"]) == (0, 0), storm["problems"]


def test_every_disk_was_installed_once(storm: dict[str, Any]) -> None:
    assert (storm["storm_twice"], storm["installed"]) == (0, NODES)
