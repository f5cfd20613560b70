"""The seed states of a bond what the image's network configuration takes from it, and nothing else."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from metalctl.content.paths import find
from metalctl.engine.pipeline import seed
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory, Nic
from metalctl.model.run import BondSpec

MACS = ("52:54:00:77:00:01", "52:54:00:77:00:02")


@pytest.mark.truth("D5", "what cloud-init drops without a word, a bond's MAC, is not asked of it")
def test_everything_that_is_stated_of_a_bond_is_used() -> None:
    machine = Inventory("in-band", Identity(), nics=tuple(Nic(f"eno{n}", mac) for n, mac in enumerate(MACS)))
    ctx: Any = SimpleNamespace(require_inventory=lambda _: machine)
    stated = seed._bond(ctx, BondSpec("bond0", MACS))
    template = (find("pxe/images/debian-12/seed") / "network-config.j2").read_text()
    assert [name for name in stated if not re.search(rf"\b(bond|spec)\.{name}\b", template)] == []
