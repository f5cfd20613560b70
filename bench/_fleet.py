"""The simulator as a subprocess, for as long as a `with` lasts."""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
import signal
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.captures import FOLDER

CAPTURE = FOLDER / "dell-r750.tar.gz"
USERNAME = "bench"


@dataclass(frozen=True)
class Running:
    """A fleet that serves. pid: of the simulator."""

    base: str
    count: int
    port: int
    pid: int
    password: str = field(repr=False)

    def addresses(self, count: int | None = None) -> list[str]:
        """The first `count` addresses."""
        first = ipaddress.IPv4Address(self.base)
        return [str(first + index) for index in range(count or self.count)]

    @property
    def control(self) -> str:
        """Where the simulator's statistics are."""
        return f"https://{self.base}:{self.port}/.lab/statistics"

    def urls(self, count: int | None = None) -> list[str]:
        """The first `count` BMCs."""
        return [f"https://{address}:{self.port}" for address in self.addresses(count)]


def taken(url: str) -> dict[str, Any]:
    """What the simulator counted since the last call."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(url, method="DELETE")  # noqa: S310 - ours, on loopback
    with urllib.request.urlopen(request, timeout=60, context=context) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
    return found


@contextmanager
def fleet(*words: str, count: int) -> Iterator[Running]:
    """`metalctl lab bmcs` with TLS, from the R750 capture, or from a tree of our own where that is absent."""
    password = secrets.token_urlsafe(12)
    source = ("--capture", str(CAPTURE)) if CAPTURE.exists() else ("--tree", "storage")
    line = ["lab", "bmcs", "--json", "--tls", *source, "--count", str(count), "--credential", "env:BENCH", *words]
    process = subprocess.Popen(
        [sys.executable, "-m", "metalctl.cli.main", *line],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(BENCH_USERNAME=USERNAME, BENCH_PASSWORD=password),
    )
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        if not ready:
            raise SystemExit("bench: the simulator did not start; its words are above")
        told = json.loads(ready)
        yield Running(told["base"], told["count"], told["port"], process.pid, password)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def environment(**more: str) -> dict[str, str]:
    """That of this process, without a proxy; with byte code kept, as an installation has it and `./dev` has not."""
    dropped = ("PYTHONDONTWRITEBYTECODE",)
    kept = {n: v for n, v in os.environ.items() if not n.lower().endswith("_proxy") and n not in dropped}
    return {**kept, "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "metalctl-bench-bytecode"), **more}


def seconds_of(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def worker(module: str, order: dict[str, Any]) -> dict[str, Any]:
    """Run `python -m bench.MODULE` with the order on stdin; its last line of stdout is the answer."""
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{module}"],
        input=json.dumps(order),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env=environment(),
    )
    if done.returncode:
        raise SystemExit(f"bench: {module} {order.get('what', '')} failed with {done.returncode}; its words are above")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
