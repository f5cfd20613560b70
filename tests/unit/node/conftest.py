"""A machine made of files: fake tools on PATH, fake /proc and /sys, an inventory; the real runner in a subprocess."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import time
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

import metalctl
from metalctl.model.codec import decode, encode
from metalctl.model.identity import Identity
from metalctl.model.inventory import Cpu, Dimm, Disk, Inventory, Memory, Nic
from metalctl.model.measurement import CheckResult
from metalctl.model.run import BondSpec, Entry, Peer, RunSpec
from metalctl.node.__main__ import main as node_main
from tests.unit.node.journals import entries

# Of the metalctl that is tested: an older one, put first on the path, is run with its own checks.
REPO = Path(metalctl.__file__).resolve().parents[1]
# Limits in seconds for what must hang until its limit, each for a machine too slow to get so far within the one before.
LIMITS = (1, 10, 60)
BOOT = "11111111-2222-3333-4444-555555555555"
GIB = 1 << 30


def machine() -> Inventory:
    """A small storage and compute node that is in order."""
    return Inventory(
        source="in-band",
        identity=Identity(serial="N1"),
        cpu=Cpu(virtualization="amd-v"),
        memory=Memory(total=4 * GIB, dimms=tuple(Dimm(f"CPU1 DIMM_{x}", 2 * GIB, configured_mts=3200) for x in "AB")),
        disks=(
            Disk("nvme0n1", "nvme", size=4 * GIB, serial="NV1"),
            Disk("sda", "hdd", size=100 * GIB, rotational=True, serial="HD1"),
        ),
        nics=(
            Nic("eth0", "52:54:00:00:00:01", speed=25 * 10**9, duplex="full", link=True),
            Nic("eth1", "52:54:00:00:00:02", speed=25 * 10**9, duplex="full", link=True),
        ),
    )


@dataclass
class Node:
    """The fake machine. Change `inventory`, `tool` scripts and `file`s, then `run`."""

    room: Path
    inventory: Inventory = field(default_factory=machine)
    only_tools: bool = True
    results: list[CheckResult] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    code: int = -1
    stderr: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    checks: Path = REPO / "checks"

    def tool(self, name: str, script: str) -> Path:
        """Put a shell script on PATH under the name of a tool."""
        path = self.room / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def prints(self, name: str, output: str, code: int = 0) -> None:
        """A tool that writes this and ends."""
        recorded = self.room / f"{name}.out"
        recorded.write_text(output)
        self.tool(name, f"cat {recorded}\nexit {code}")

    def file(self, path: str, text: str) -> Path:
        """A file below the fake root."""
        there = self.room / "root" / path
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(text)
        return there

    def change(self, **fields: Any) -> None:
        """Other facts in the inventory."""
        self.inventory = replace(self.inventory, **fields)

    def run(self, *checks: str, limits: dict[str, Any] | None = None, **spec: Any) -> list[CheckResult]:
        """Run checks through the real runner; the first gets `limits`. Returns its results without error-counters."""
        self.file("proc/sys/kernel/random/boot_id", f"{BOOT}\n")
        named: dict[str, dict[str, Any]] = {c: {} for c in checks}
        if limits:
            named[checks[0]] = limits
        asked = RunSpec(**{"run_id": "r1", "node": "n1", "kind": "burn-in", "level": "quick", "checks": named, **spec})
        (self.room / "spec.json").write_text(json.dumps(encode(asked)))
        (self.room / "inventory.json").write_text(json.dumps(encode(self.inventory)))
        self.code, self.stderr = self._forked(["run", str(self.room / "spec.json")])
        self.entries = entries(self.room / "runs" / asked.run_id / "journal.jsonl")
        finished = [e.data["result"] for e in self.entries if e.event == "check-finished"]
        self.results = [decode(CheckResult, r) for r in finished]
        return [r for r in self.results if r.check != "error-counters"]

    def one(self, check: str, **more: Any) -> CheckResult:
        """The single result of one check."""
        found = [r for r in self.run(check, **more) if r.check == check]
        assert len(found) == 1, (found, self.entries, self.stderr)
        return found[0]

    def _forked(self, argv: list[str]) -> tuple[int, str]:
        """Exit code and stderr of `python3 -m metalctl.node ARGV` in its own process, forked to save the imports."""
        output = self.room / "stderr"
        with warnings.catch_warnings():  # Python 3.12 warns of threads; the child takes none of their locks
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            code = 70
            try:
                fd = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                os.dup2(fd, 1)
                os.dup2(fd, 2)
                sys.stdout = sys.__stdout__ = os.fdopen(1, "w", closefd=False)
                sys.stderr = sys.__stderr__ = os.fdopen(2, "w", closefd=False)
                os.environ.clear()
                os.environ.update(self._env())
                warnings.resetwarnings()
                code = node_main(argv)
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        deadline = time.monotonic() + 250
        while (done := os.waitpid(child, os.WNOHANG))[0] == 0:
            if time.monotonic() > deadline:
                os.kill(child, signal.SIGKILL)
            time.sleep(0.01)
        return os.waitstatus_to_exitcode(done[1]), output.read_text()

    def _env(self) -> dict[str, str]:
        (self.room / "bin").mkdir(exist_ok=True)
        return {
            "PATH": f"{self.room / 'bin'}" + (":/nowhere" if self.only_tools else f":{os.environ['PATH']}"),
            "PYTHONPATH": str(REPO),
            "METALCTL_RUN_DIR": str(self.room / "runs"),
            "METALCTL_ROOT": str(self.room / "root"),
            "METALCTL_INVENTORY": str(self.room / "inventory.json"),
            "METALCTL_CHECKS": str(self.checks),
            "METALCTL_SCRATCH": str(self.room),
            **self.environment,
        }


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A machine in order, with nothing but `sh`, `cat` and `sleep` on its PATH."""
    made = Node(tmp_path)
    for name in ("cat", "sleep", "sh", "dd", "grep"):
        made.tool(name, f'exec /bin/{name} "$@"')
    return made


BOND = BondSpec("bond0", ("52:54:00:00:00:01", "52:54:00:00:00:02"), mtu=9000, speed=25e9)
PEER = Peer("n2", "client", "10.0.0.2", 5201)
