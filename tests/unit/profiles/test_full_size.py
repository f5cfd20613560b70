"""The profile of the emulated full-size node asks all that the real one asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalctl.content import profiles


def test_it_has_every_requirement_of_compute_and_one_data_sheet_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METALCTL_CONTENT", str(Path(__file__).parents[2] / "full_size" / "content"))
    real, emulated = profiles.load("compute"), profiles.load("lab/full-size")
    assert emulated.requires == real.requires
    assert emulated.checks == real.checks
    assert emulated.lab
    assert {d.model for d in emulated.drives} - {d.model for d in real.drives} == {"QEMU NVMe Ctrl"}


def test_no_shipped_profile_vouches_for_an_emulated_drive() -> None:
    for name in ("compute", "controller", "storage"):
        assert not [d.model for d in profiles.load(name).drives if "QEMU" in d.model.upper()]
