"""The settings file: times are written as people write them, and a wrong one is an error with its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalctl.engine import settings
from metalctl.model.errors import UsageError


def load(where: Path, text: str) -> settings.Settings:
    file = where / "metalctl.yaml"
    file.write_text(text)
    return settings.load(file, where / "state")


def test_times_are_read_with_their_units_and_have_defaults(tmp_path: Path) -> None:
    told = load(tmp_path, "boot: {patience: 2 h, silence: 90}").boot
    assert (told.patience, told.silence) == (7200.0, 90.0)
    usual = load(tmp_path, "boot: {}").boot
    assert (usual.patience, usual.silence) == (1200.0, 360.0)


@pytest.mark.parametrize("text", ["0", "-5 min", "6 parsecs", "[]", "''"])
def test_a_time_that_is_none_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"boot\.silence: "):
        load(tmp_path, f"boot: {{silence: {text}}}")


def test_the_page_about_settings_names_every_field_of_the_boot_network() -> None:
    page = (Path(__file__).parents[3] / "docs" / "settings.md").read_text()
    for name in settings.Boot.__dataclass_fields__:
        assert f"\n      {name}: " in page, name


@pytest.mark.parametrize("change", ["address: 10.9.0.1", "dhcp: maybe", "interface: 'br0,lo'", "dhcp_range: [a, b]"])
def test_a_boot_network_that_makes_no_sense_is_refused_when_the_file_is_read(tmp_path: Path, change: str) -> None:
    lines = {"interface": "br0", "address": "10.20.0.1", "network": "10.20.0.0/24"}
    name, _, value = change.partition(": ")
    text = "boot:\n" + "".join(f"  {k}: {v}\n" for k, v in {**lines, name: value}.items())
    with pytest.raises(UsageError, match=r"metalctl\.yaml: boot: "):
        load(tmp_path, text)
