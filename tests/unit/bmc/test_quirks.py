"""Quirks are data: each file is well formed and says where it was learnt; the code names no vendor."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from metalctl.bmc import quirks

FILES = sorted(Path(quirks.__file__).parent.glob("*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_a_quirk_has_reason_source_condition_and_known_settings(file: Path) -> None:
    quirk = json.loads(file.read_text())
    assert quirk["about"]
    assert quirk["source"]
    assert quirk["when"]
    assert all(place.split(".")[0] in ("root", "system", "device") for place in quirk["when"])
    assert [re.compile(pattern) for pattern in quirk["when"].values()]
    quirks.Quirks(**quirk["set"])


def test_every_condition_must_hold() -> None:
    device = {"manufacturer_id": 0, "product_id": 0, "device_id": 0, "firmware_version": "1.00"}
    assert quirks.quirks_of(device=device).emulated
    assert not quirks.quirks_of(device=device | {"product_id": 7}).emulated
    assert quirks.quirks_of(root={}, system={"SystemType": "Physical"}) == quirks.Quirks()


def test_no_vendor_is_named_in_the_code_of_the_room() -> None:
    room = Path(quirks.__file__).parent.parent
    vendors = re.compile(r"\b(dell|idrac|hpe|ilo|supermicro|lenovo|megarac|sushy.?emulator|contoso)\b", re.IGNORECASE)
    found = [f"{file.name}: {hit.group()}" for file in room.rglob("*.py") for hit in vendors.finditer(file.read_text())]
    assert found == []
