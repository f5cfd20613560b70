"""An emulated rack, a service in it that can be killed, and what they leave behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

METALCTL = str(Path(sys.executable).with_name("metalctl"))
HERE = Path(__file__).parent


def why_not() -> str:
    """Why a rack cannot be had on this machine; "" when it can."""
    if os.geteuid() != 0:
        return "not root: an emulated rack needs network namespaces"
    probe = subprocess.run(["unshare", "-n", "true"], capture_output=True, text=True)
    return f"network namespaces are not permitted: {probe.stderr.strip()}" if probe.returncode else ""


def metalctl(*words: str, timeout: float = 300, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command as a user would."""
    done = subprocess.run([METALCTL, *words], capture_output=True, text=True, timeout=timeout)
    if check and done.returncode:
        raise AssertionError(f"metalctl {' '.join(words)} left with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


class EmulatorHung(Exception):
    """A node's kernel says that its (emulated) processors stand still: a fault of the emulation, not of metalctl."""


@dataclass
class Rack:
    """A rack that is up. `service` is the running `metalctl serve`, killed and started again by the test."""

    name: str
    info: dict[str, Any]
    folder: Path
    service: subprocess.Popen[bytes] | None = None
    starts: int = 0
    kills: list[str] = field(default_factory=list)
    switched_off: list[str] = field(default_factory=list)
    exposed: set[str] = field(default_factory=set)  # command lines that held a BMC's password
    command_lines: int = 0  # that were looked at
    patient: bool = False  # 128 processors on two real ones do stand still for a while

    def inside(self, *words: str, timeout: float = 300, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A metalctl command within the rack's network."""
        return metalctl("lab", "exec", "--name", self.name, "--", METALCTL, *words, timeout=timeout, check=check)

    @property
    def state(self) -> Path:
        """Where the service keeps what it knows."""
        return Path(yaml.safe_load(Path(self.info["settings_file"]).read_text())["state"])

    def node(self, name: str) -> dict[str, Any]:
        """What the lab says of a node."""
        return next(n for n in self.info["nodes"] if n["name"] == name)

    def serve(self) -> None:
        """Start the service and wait until it serves."""
        self.starts += 1
        log = self.folder / f"serve-{self.starts}.log"
        with log.open("wb") as output:
            words = [METALCTL, "lab", "exec", "--name", self.name, "--", METALCTL, "serve"]
            self.service = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 600
        while "serving " not in log.read_text():
            assert self.service.poll() is None, f"the service ended:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"the service does not come up:\n{log.read_text()}"
            time.sleep(0.5)

    def kill(self, why: str) -> None:
        """kill -9, as a power cut of the provisioner would, dnsmasq going with it."""
        assert self.service is not None
        os.kill(self.service.pid, signal.SIGKILL)
        self.service.wait(120)
        self.kills.append(why)

    def stop(self) -> None:
        """Ask the service to end."""
        if self.service is not None and self.service.poll() is None:
            self.service.send_signal(signal.SIGTERM)
            self.service.wait(300)

    def notice_hang(self) -> None:
        """Unless `patient`, raise EmulatorHung when a console tells of locked-up processors.

        Seen with SVM under QEMU 7.2's TCG.
        """
        for node in self.info["nodes"]:
            console = Path(node["console_log"])
            if not self.patient and console.exists() and b"BUG: soft lockup" in console.read_bytes():
                raise EmulatorHung(f"{node['name']}: soft lockup, see {console}")

    def look_for_secrets(self) -> None:
        """Remember every process of the machine whose arguments hold a password of a BMC."""
        known = json.loads(Path(self.info["credentials_file"]).read_text()).values()
        secrets = [entry["password"].encode() for entry in known]
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):  # it has ended
                words = process.read_bytes()
                self.command_lines += 1
                if any(secret in words for secret in secrets):
                    self.exposed.add(words.partition(b"\0")[0].decode(errors="replace"))

    def rebuild(self) -> None:
        """A new rack in the place of this one."""
        if self.service is not None and self.service.poll() is None:
            self.service.kill()
            self.service.wait(120)
        metalctl("lab", "down", "--name", self.name, "--keep-logs")
        metalctl("lab", "up", str(HERE / "rack.yaml"), "--name", self.name)
        self.info = json.loads(metalctl("lab", "status", "--name", self.name, "--json").stdout)
        self.service, self.starts, self.kills, self.switched_off = None, 0, [], []

    def nodes(self) -> dict[str, dict[str, Any]]:
        """`metalctl nodes --json` by name."""
        listed = json.loads(self.inside("nodes", "--json").stdout)
        return {n["name"]: n for n in listed}

    def follow(self, seconds: float, done: Callable[[dict[str, dict[str, Any]]], bool]) -> dict[str, dict[str, Any]]:
        """Look at the nodes until `done`; prints what changes, for whoever reads the CI log."""
        deadline, seen = time.monotonic() + seconds, ""
        while True:
            now = self.nodes()
            line = " ".join(f"{n}:{v['stage']}/{v['condition']}" for n, v in now.items())
            if line != seen:
                sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
                seen = line
            if done(now):
                return now
            self.notice_hang()
            self.look_for_secrets()
            assert time.monotonic() < deadline, f"not there after {seconds:.0f} s:\n{json.dumps(now, indent=1)[:6000]}"
            # Each look is a whole command, and the nodes need the processors.
            time.sleep(4.0)


@pytest.fixture(scope="module")
def rack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rack]:
    """The rack of rack.yaml: three good nodes and three faulty ones."""
    if reason := why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("rack")
    metalctl("image", "build", timeout=1800)
    metalctl("lab", "up", str(HERE / "rack.yaml"), "--name", "e2e")
    try:
        info = json.loads(metalctl("lab", "status", "--name", "e2e", "--json").stdout)
        built = Rack("e2e", info, folder)
        yield built
        built.stop()
    finally:
        metalctl("lab", "down", "--name", "e2e", "--keep-logs")
