"""The unit is one that systemd takes whole, and `doctor` says what of it is lacking, from what systemd says of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from metalctl.content.host import Look
from metalctl.engine.errors import EngineError
from metalctl.engine.serving import unit
from metalctl.model.verdict import Verdict

GOOD = {
    "LoadState": "loaded", "NeedDaemonReload": "no", "UnitFileState": "enabled", "ActiveState": "active",
    "Type": "notify", "WatchdogUSec": "1min", "User": "", "StateDirectory": "metalctl", "StandardOutput": "journal",
    "LimitNOFILE": "65536",
}  # fmt: skip


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "metalctl"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(path)])
    return path


@pytest.fixture
def told(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What systemctl says where all is well."""
    monkeypatch.setattr(unit, "RUNNING", tmp_path)
    (tmp_path / "state").mkdir()
    monkeypatch.setenv("METALCTL_STATE", str(tmp_path / "state"))
    settings = tmp_path / "metalctl.yaml"
    settings.write_text("boot: {interface: lo, address: 127.0.0.1, network: 127.0.0.0/8, dhcp: 'off'}\n")
    installed = tmp_path / "metalctl.service"
    installed.write_text(unit.unit_text(settings, standby=True))
    return {**GOOD, "FragmentPath": str(installed), "Environment": f"A=b METALCTL_STATE={tmp_path / 'state'}"}


def seen(told: dict[str, str]) -> dict[str, Look]:
    return {look.what: look for look in unit.examine(lambda _name: told)}


@pytest.mark.parametrize("standby", [False, True])
@pytest.mark.parametrize("config", [None, Path('/etc/metalctl/100%n $x/metal "ctl".yaml')])
def test_systemd_understands_every_line_of_the_unit(
    standby: bool, config: Path | None, program: Path, tmp_path: Path
) -> None:
    text = unit.unit_text(config, standby=standby)
    assert f"--config {unit._word(config)}" in text if config else "--config" not in text
    (tmp_path / "metalctl.service").write_text(text)
    argv = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "metalctl.service")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    # An unknown key or a bad value is a line on stderr and exit code 0.
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_settings_named_in_a_unit_are_found_again(program: Path) -> None:
    for name in ("/etc/m.yaml", '/etc/metalctl/100%n $x/metal "ctl".yaml'):
        words = unit._words(unit._lines(unit.unit_text(Path(name), standby=False)))
        assert (words[0], words[1], unit._config(words)) == (str(program), "serve", Path(name))


def test_without_systemd_it_does_not_concern_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit, "RUNNING", tmp_path / "nowhere")
    (look,) = unit.examine()
    assert (look.verdict, "foreground" in look.got) == (Verdict.SKIP, True)


def test_a_unit_as_it_is_printed_lacks_nothing(told: dict[str, str]) -> None:
    looks = seen(told)
    assert {what: look for what, look in looks.items() if look.verdict is not Verdict.PASS} == {}
    assert len(looks) == 10


def test_no_unit_is_told_with_the_command_that_makes_one(told: dict[str, str]) -> None:
    (look,) = seen({**told, "LoadState": "not-found"}).values()
    assert (look.verdict, "metalctl serve --unit >" in look.mend) == (Verdict.FAIL, True)


def test_systemd_that_cannot_be_asked_is_unknown(told: dict[str, str]) -> None:
    def ask(_name: str) -> dict[str, str]:
        raise EngineError("systemctl cannot be asked: no bus")

    (look,) = unit.examine(ask)
    assert (look.verdict, look.got) == (Verdict.UNKNOWN, "systemctl cannot be asked: no bus")


@pytest.mark.parametrize(("name", "value", "what"), [
    ("NeedDaemonReload", "yes", "systemd unit"), ("UnitFileState", "disabled", "unit: at boot"),
    ("ActiveState", "failed", "unit: running"), ("Type", "simple", "unit: says when it is ready"),
    ("WatchdogUSec", "0", "unit: watchdog"), ("WatchdogUSec", "infinity", "unit: watchdog"),
    ("User", "ann", "unit: user"), ("StandardOutput", "null", "unit: messages"),
    ("LimitNOFILE", "1024", "unit: open files"), ("LimitNOFILE", "", "unit: open files"),
    ("StateDirectory", "", "unit: state directory"),
    ("Environment", "METALCTL_STATE=/var/lib/elsewhere", "unit: state directory"),
])  # fmt: skip
def test_what_is_lacking_is_told_and_nothing_else(name: str, value: str, what: str, told: dict[str, str]) -> None:
    looks = seen({**told, name: value})
    assert [look.what for look in looks.values() if look.verdict is not Verdict.PASS] == [what]
    assert looks[what].mend


def test_commands_that_look_elsewhere_than_the_service_are_told(
    told: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METALCTL_STATE", str(tmp_path / "mine"))
    look = seen(told)["unit: state directory"]
    assert look.verdict is Verdict.FAIL
    assert f"in {tmp_path / 'state'}, commands typed here in {tmp_path / 'mine'}" in look.got


def test_a_unit_of_another_version_is_told_by_its_lines(told: dict[str, str]) -> None:
    path = Path(told["FragmentPath"])
    path.write_text(path.read_text().replace("WatchdogSec=60", "WatchdogSec=5") + "\n# a remark\n")
    look = seen(told)["systemd unit"]
    assert look.verdict is Verdict.FAIL
    assert "lacks WatchdogSec=60; has WatchdogSec=5" in look.got
    assert "systemctl edit metalctl" in look.mend


def test_settings_that_name_no_boot_network_are_told(told: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "metalctl.yaml").write_text("boot: {}\n")
    look = seen(told)["unit: settings"]
    assert (look.verdict, "no boot network" in look.got) == (Verdict.FAIL, True)


def test_the_ports_of_the_running_service_are_its_own() -> None:
    port, running = Look("port 67/udp (DHCP)", Verdict.FAIL, "in use", "x"), Look("unit: running", Verdict.PASS, "")
    assert unit.with_unit([port], [running])[0].verdict is Verdict.SKIP
    stopped = Look("unit: running", Verdict.FAIL, "")
    assert unit.with_unit([port], [stopped])[0].verdict is Verdict.FAIL
