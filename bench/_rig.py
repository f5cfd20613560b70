"""What the figures of `./dev bench fleet` share: a network namespace, a service, simulated machines."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench._fleet import environment, seconds_of

CONTENT = Path(__file__).parent / "content"
ADDRESS, PORT, NETWORK = "127.0.0.1", 8080, "127.0.0.0/8"
BMC_PORT = 8443
_INSIDE = "METALCTL_BENCH_INSIDE"


def enter_namespace() -> None:
    """Go on in a network namespace of our own, in which port 22 of 127/8 is free; nothing to do when we are in it."""
    if os.environ.get(_INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    # Of the whole of 127/8: thousands of machines and BMCs, each with sockets of its own.
    words = [sys.executable, "-m", "bench.fleet", *sys.argv[1:]]
    os.execvpe("unshare", ["unshare", "--net", *words], {**environment(), _INSIDE: "1"})  # noqa: S606


@contextmanager
def state() -> Iterator[Path]:
    """A folder for a state directory, in memory where there is some: disks are not what is measured."""
    with tempfile.TemporaryDirectory(prefix="metalctl-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "state"


class Process:
    """One of ours: what it uses, and its end."""

    def __init__(
        self, module: str, words: Sequence[str], order: dict[str, Any] | None = None, *, wait: bool = True, **more: str
    ) -> None:
        """wait: until it serves; a standby serves when it is its turn (`ready`)."""
        self._running = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            stdin=subprocess.PIPE if order is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(METALCTL_CONTENT=str(CONTENT), **more),
        )
        if order is not None and self._running.stdin is not None:
            self._running.stdin.write(json.dumps(order) + "\n")
            self._running.stdin.flush()
        self._module = module
        self.told: dict[str, Any] = {}
        if wait:
            self.ready()

    def ready(self) -> None:
        """Wait until it says that it serves."""
        assert self._running.stdout is not None
        line = self._running.stdout.readline()
        if not line:
            raise SystemExit(f"bench: {self._module} did not start; its words are above")
        self.told = json.loads(line)
        if "error" in self.told:
            raise SystemExit(f"bench: {self._module}: {self.told['error']}")

    @property
    def cpu(self) -> float:
        """CPU seconds so far."""
        return seconds_of(self._running.pid)

    @property
    def rss_mb(self) -> float:
        """Resident now."""
        return self._status("VmRSS")

    @property
    def peak_mb(self) -> float:
        """The most so far."""
        return self._status("VmHWM")

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it and wait; SIGKILL stands for a crash."""
        if self._running.poll() is None:
            self._running.send_signal(number)
            try:
                self._running.wait(60)
            except subprocess.TimeoutExpired:
                self._running.kill()
                self._running.wait(10)

    def _status(self, name: str) -> float:
        for line in Path(f"/proc/{self._running.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
        return 0.0


@contextmanager
def process(module: str, *words: str, order: dict[str, Any] | None = None, **more: str) -> Iterator[Process]:
    """The same, ended at the end."""
    running = Process(module, words, order, **more)
    try:
        yield running
    finally:
        running.end()


class Rack:
    """Simulated BMCs, with machines behind them where times are given."""

    def __init__(
        self, count: int, *words: str, times: dict[str, float] | None = None, boot: str = f"http://{ADDRESS}:{PORT}"
    ) -> None:
        """boot: the boot service that the machines ask."""
        self.count = count
        # Several racks of one benchmark have one account.
        self._password = os.environ.get("BENCH_PASSWORD") or secrets.token_urlsafe(12)
        self.credentials = {"BENCH_USERNAME": "bench", "BENCH_PASSWORD": self._password}
        # The engine of this process, too, logs in.
        os.environ.update(self.credentials)
        line = [
            "lab",
            "bmcs",
            "--json",
            "--tree",
            "controller",
            "--count",
            str(count),
            "--port",
            str(BMC_PORT),
            "--tls",
        ]
        line += ["--credential", "env:BENCH", "--power-time", "100ms", *words]
        if times is not None:
            line += ["--machines", boot]
            line += [w for name, s in times.items() for w in ("--machine-time", f"{name}={s}s")]
        self.process = Process("metalctl.cli.main", line, **self.credentials)

    def urls(self) -> list[str]:
        """One a BMC."""
        import ipaddress

        first = ipaddress.IPv4Address(self.process.told["base"])
        return [f"https://{first + n}:{BMC_PORT}" for n in range(self.count)]

    def machines(self) -> dict[str, Any]:
        """What the machines did."""
        return self._asked("machines")

    def _asked(self, what: str) -> dict[str, Any]:
        import ssl

        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        url = f"{self.urls()[0]}/.lab/{what}"
        with urllib.request.urlopen(url, timeout=120, context=context) as answer:  # noqa: S310 - ours, on loopback
            return dict(json.load(answer))


@contextmanager
def rack(count: int, *words: str, **more: Any) -> Iterator[Rack]:
    """A rack, ended at the end."""
    made = Rack(count, *words, **more)
    try:
        yield made
    finally:
        made.process.end()


def order(folder: Path, **more: Any) -> dict[str, Any]:
    """What a service is told (bench._engine)."""
    return {"state": str(folder), "address": ADDRESS, "port": PORT, "network": NETWORK, **more}


def until(true: Callable[[], bool], seconds: float, every: float = 0.2) -> float:
    """Wait for it; how long that took, or NaN when it did not come."""
    begun = time.perf_counter()
    while not true():
        if time.perf_counter() - begun > seconds:
            return float("nan")
        time.sleep(every)
    return time.perf_counter() - begun
