"""`metalctl show NODE --diff`: what changed since the last inventory, and what to check again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metalctl.cli.show import show
from metalctl.engine.state import StateDir
from metalctl.model.identity import Identity
from metalctl.model.inventory import Disk, Firmware, Inventory
from metalctl.store import evidence, nodes
from metalctl.store.database import open_database, sqlite_url

FIRST = Inventory(
    "in-band", Identity(serial="S1"), taken="2026-01-01T00:00:00+00:00",
    disks=(Disk("nvme0n1", "nvme", 10**12, serial="N1", slot="1"),), firmware=(Firmware("bios", "1.0"),),
)  # fmt: skip
SECOND = replace(
    FIRST, taken="2026-02-01T00:00:00+00:00",
    disks=(Disk("nvme0n1", "nvme", 10**12, serial="N2", slot="1"),), firmware=(Firmware("bios", "1.1"),),
)  # fmt: skip


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    made = StateDir(tmp_path / "state").create()
    database = open_database(sqlite_url(made.database))
    with database.begin() as connection:
        nodes.put(connection, "n1", "https://127.0.0.9", "env:X", "lab/compute")
    database.dispose()
    return made


def keep(state: StateDir, *inventories: Inventory) -> None:
    database = open_database(sqlite_url(state.database))
    with database.begin() as connection:
        for number, inventory in enumerate(inventories):
            evidence.add_inventory(connection, "n1", f"n1-{number}", "in-band", inventory)
    database.dispose()


def run(state: StateDir, *words: str) -> Result:
    return CliRunner().invoke(show, ["n1", "--diff", "--state-dir", str(state.path), *words])


def test_a_swapped_disk_and_moved_firmware_are_told_with_what_to_check_again(state: StateDir) -> None:
    keep(state, replace(FIRST, disks=()), FIRST, SECOND)
    done = run(state)
    assert done.exit_code == 0, done.output
    assert "N1" in done.stdout
    assert "N2" in done.stdout
    assert "1.0 → 1.1" in done.stdout
    assert "nvme-health" in done.stdout.partition("to run again")[2]
    (side,) = json.loads(run(state, "--json").stdout)["sides"]
    assert (side["before"], side["after"]) == (FIRST.taken, SECOND.taken), "the last two, not the first"
    assert {c["kind"] for c in side["changes"]} == {"disk", "firmware"}


def test_one_inventory_alone_is_said_to_be_alone(state: StateDir) -> None:
    keep(state, FIRST)
    assert "no side has two inventories" in run(state).stdout


def test_the_same_machine_has_not_changed(state: StateDir) -> None:
    keep(state, FIRST, replace(FIRST, taken="2026-02-01T00:00:00+00:00"))
    assert "nothing changed" in run(state).stdout
