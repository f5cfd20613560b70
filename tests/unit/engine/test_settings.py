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


@pytest.mark.parametrize("change", ["address: 10.9.0.1", "dhcp: maybe", "interface: 'br0,lo'", "dhcp_range: [a, b]"])
def test_a_boot_network_that_makes_no_sense_is_refused_when_the_file_is_read(tmp_path: Path, change: str) -> None:
    lines = {"interface": "br0", "address": "10.20.0.1", "network": "10.20.0.0/24"}
    name, _, value = change.partition(": ")
    text = "boot:\n" + "".join(f"  {k}: {v}\n" for k, v in {**lines, name: value}.items())
    with pytest.raises(UsageError, match=r"metalctl\.yaml:1:1: boot: "):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "handover: [kolla, cephad]\n",
            "1:19: handover.1: no handover target is called 'cephad'\n  → did you mean cephadm?",
        ),
        (
            "handover: [magic]\n",
            "1:12: handover.0: no handover target is called 'magic'\n  → known: cephadm, ironic, kolla",
        ),
        ("web:\n  port: many\n  hots: x\n", '3:3: web: no key is called "hots"\n  → did you mean host?'),
        ("web:\n  port: many\n  hots: x\n", "2:9: web.port: Input should be a valid integer"),
        ("state: /a\ndatabase: mysql://x/y\n", "2:11: database: mysql is not known\n  → postgresql://"),
        ("database: postgresql://me:hunter2@x/y\n", "1:11: database: a password does not belong in the settings"),
        ("boot: {silence: 6 parsecs}\n", "1:17: boot.silence: "),
        ("state: /a\nstate: /b\n", '2:1: "state" is given twice (line 1)'),
        ("- a\n", "1:1: expected settings (keys and values), got a list"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_column(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path, text)
    assert f"{tmp_path}/metalctl.yaml:{said}" in caught.value.message
    assert "hunter2" not in caught.value.message


def test_an_empty_file_gives_the_defaults_and_off_is_a_word(tmp_path: Path) -> None:
    assert load(tmp_path, "# nothing yet\n") == settings.load(state_dir=tmp_path / "state")
    assert load(tmp_path, "boot: {dhcp: off, ping: off}").boot == settings.Boot(dhcp="off", ping=False)


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml: file not found"):
        settings.load(tmp_path / "none.yaml")
