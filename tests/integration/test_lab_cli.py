"""`metalctl lab` as a person uses it: up, status, exec, a crash, down; exit codes and what is printed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from metalctl.lab import LabPrerequisiteError
from metalctl.lab.rack import host

pytestmark = [pytest.mark.rack, pytest.mark.slow, pytest.mark.timeout(900)]
RACK = Path(__file__).parents[1] / "racks" / "tiny.yaml"
NAME = f"c{os.getpid()}"


def test_a_lab_from_up_to_down(tmp_path: Path) -> None:
    try:
        host.check()
    except LabPrerequisiteError as error:
        pytest.skip(f"NO EMULATED RACK HERE: {error.message} ({error.hint})")
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}

    def metalctl(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "metalctl.cli.main", "lab", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)

    up = metalctl("up", str(RACK), "--name", NAME)
    assert up.returncode == 0, up.stdout + up.stderr
    try:
        assert f"lab {NAME} is up: 1 nodes" in up.stdout
        status = metalctl("status", "--json")
        assert status.returncode == 0
        told = json.loads(status.stdout)
        assert {part["state"] for part in told["parts"]} == {"running", "off"}
        assert told["namespace"] == f"mctl-{NAME}"
        assert metalctl("exec", "--", "ping", "-c1", told["provisioner_address"]).returncode == 0
        assert metalctl("exec", "--", "sh", "-c", "exit 7").returncode == 7
        assert "n1" in metalctl("exec", "--name", NAME, "virsh", "list", "--all").stdout
        os.kill(next(part["pid"] for part in told["parts"] if part["name"] == "lldpd-tor1"), signal.SIGKILL)
        broken = metalctl("status")
        assert broken.returncode == 1
        assert "lldpd-tor1 is dead; its last words" in broken.stdout
    finally:
        down = metalctl("down", "--keep-logs")
    assert down.returncode == 0, down.stdout + down.stderr
    kept = Path(down.stdout.strip().rpartition(" ")[2])
    assert (kept / "console-n1.log").exists()
    assert (kept / "libvirtd.log").exists()
    assert metalctl("status").returncode == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_up_takes_down_what_it_built(tmp_path: Path, number: signal.Signals) -> None:
    try:
        host.check()
    except LabPrerequisiteError as error:
        pytest.skip(f"NO EMULATED RACK HERE: {error.message} ({error.hint})")
    name = f"{NAME}{number.value}"
    command = [sys.executable, "-m", "metalctl.cli.main", "lab", "up", str(RACK), "--name", name]
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A shell's background job ignores SIGINT, and all that it starts inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    ) as up:
        assert up.stdout is not None
        while "hypervisor" not in up.stdout.readline():
            assert up.poll() is None
        up.send_signal(number)
        said = up.stdout.read()
    assert up.returncode != 0
    assert "taking down" in said
    assert "Traceback" not in said
    assert not (tmp_path / "metalctl" / "labs" / name).exists()
    assert not Path(f"/run/netns/mctl-{name}").exists()
