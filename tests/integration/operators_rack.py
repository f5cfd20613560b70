"""A service and simulated machines in a network namespace of their own, and an operator who types commands there."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from metalctl.content.programs import find

ROOT = Path(__file__).parents[2]
BMC_PORT, HTTP_PORT = 8443, 8080
TIMES = {"firmware": 2.0, "ramdisk": 0.5, "disk": 1.0, "check": 4.0, "install": 2.0}
SETTINGS = """
boot: {interface: lo, address: 127.0.0.1, network: 127.0.0.0/8, dhcp: 'off', http_port: 8080, at_once: 3}
handover: []
web: {host: 127.0.0.1, port: 8780}
"""


def why_not() -> str:
    """Why there can be no namespace here, "" when there can."""
    if not find("ip"):
        return "not installed: ip"
    name = f"mcop-{os.getpid()}-x"
    tried = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if tried.returncode:
        return f"no network namespaces: {tried.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return ""


class Rack:
    """heard: what systemd would have been told so far is read from this socket."""

    def __init__(self, folder: Path, name: str, heard: socket.socket) -> None:
        self.folder, self._name, self._heard = folder, name, heard
        self.state, self.config = folder / "state", folder / "metalctl.yaml"
        self.config.write_text(SETTINGS)
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "METALCTL_CONTENT": str(ROOT / "bench" / "content"),
            "METALCTL_CONFIG": str(self.config),
            "METALCTL_STATE": str(self.state),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "RACK_USERNAME": "bench",
            "RACK_PASSWORD": secrets.token_urlsafe(9),
            "SUDO_USER": "ann",
            "COLUMNS": "200",
            "NOTIFY_SOCKET": str(folder / "notify"),
            "WATCHDOG_USEC": "1000000",
        }
        self._told: list[str] = []
        self._typist: subprocess.Popen[str] | None = None
        self._gone = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _words(self, module: str, words: tuple[str, ...]) -> list[str]:
        return ["ip", "netns", "exec", self._name, sys.executable, "-m", module, *words]

    def metalctl(self, *words: str, code: int = 0) -> str:
        """What the command printed; it must end with that code, and never with a traceback."""
        if self._typist is None:
            argv = self._words("tests.integration.typist", ())
            self._typist = subprocess.Popen(
                argv, env=self.environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert self._typist.stdin is not None
        assert self._typist.stdout is not None
        self._typist.stdin.write(json.dumps(words) + "\n")
        self._typist.stdin.flush()
        done = json.loads(self._typist.stdout.readline())
        said = done["out"] + done["err"]
        assert done["code"] == code, f"{words}: {done['code']}\n{said}"
        assert "Traceback" not in said
        return str(done["out"] if words[-1] == "--json" else said)

    def close(self) -> None:
        """No more commands, and systemd is gone."""
        self._gone.set()
        self._listener.join()
        if self._typist is not None:
            self._typist.communicate(timeout=60)

    def json(self, *words: str, code: int = 0) -> Any:
        """The same with --json, read."""
        return json.loads(self.metalctl(*words, "--json", code=code))

    def nodes(self) -> dict[str, dict[str, Any]]:
        """`metalctl nodes --json`, by name."""
        return {row["name"]: row for row in self.json("nodes")}

    def audit(self, node: str) -> list[tuple[str, str, Any]]:
        """(action, who, why) of `metalctl show NODE --audit --json`."""
        lines = self.json("show", node, "--audit")["audit"]
        return [(line["action"], line["actor"], line["detail"].get("why")) for line in lines]

    def until(self, true: Callable[[dict[str, dict[str, Any]]], bool], seconds: float = 120.0) -> dict[str, Any]:
        """The nodes as soon as that is true of them."""
        end = time.monotonic() + seconds
        while not true(found := self.nodes()):
            assert time.monotonic() < end, [(n["name"], n["stage"], n["condition"], n["why"]) for n in found.values()]
            time.sleep(0.3)
        return found

    def installs(self) -> list[int]:
        """How often each machine was installed, as its disks know."""
        url = f"https://127.77.0.1:{BMC_PORT}/.lab/machines"
        look = "import ssl, urllib.request as u; c = ssl._create_unverified_context(); "
        look += f"print(u.urlopen({url!r}, context=c).read().decode())"
        argv = ["ip", "netns", "exec", self._name, sys.executable, "-c", look]
        told = json.loads(subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True).stdout)
        return [told["installs"][name] for name in sorted(told["installs"])]

    def heard(self) -> list[str]:
        """All lines that systemd was told."""
        return list(self._told)

    def _listen(self) -> None:
        while not self._gone.is_set():
            with contextlib.suppress(TimeoutError):
                self._told += self._heard.recv(4096).decode().splitlines()

    def hears(self, line: str, seconds: float = 60.0, *, after: int = 0) -> int:
        """Wait until systemd was told this, after so many lines; how many lines it was told with it."""
        end = time.monotonic() + seconds
        while line not in self.heard()[after:]:
            assert time.monotonic() < end, (self._told, (self.folder / "serve.out").read_text()[-2000:])
            time.sleep(0.05)
        return self._told.index(line, after) + 1

    @contextmanager
    def serving(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """`metalctl serve`, ready; stopped at the end if it still runs."""
        with (self.folder / "serve.out").open("ab") as out:
            argv = self._words("tests.integration.served", words)
            running = subprocess.Popen(argv, env=self.environment, cwd=ROOT, stdout=out, stderr=out)
        try:
            self.hears("READY=1", after=len(self.heard()))
            yield running
        finally:
            stop(running)

    def bmcs(self, count: int) -> subprocess.Popen[str]:
        """`metalctl lab bmcs` with machines, serving."""
        words = f"lab bmcs --json --tree controller --count {count} --port {BMC_PORT} --tls".split()
        words += ["--credential", "env:RACK", "--power-time", "100ms", "--machines", f"http://127.0.0.1:{HTTP_PORT}"]
        words += [word for name, seconds in TIMES.items() for word in ("--machine-time", f"{name}={seconds}s")]
        argv = self._words("metalctl.cli.main", tuple(words))
        running = subprocess.Popen(argv, env=self.environment, stdout=subprocess.PIPE, text=True)
        assert running.stdout is not None
        assert json.loads(running.stdout.readline())["count"] == count
        return running

    def csv(self, count: int) -> Path:
        """Rows of so many nodes, n1 and on."""
        path = self.folder / "nodes.csv"
        rows = [f"n{n},https://127.77.0.{n}:{BMC_PORT},env:RACK,bench" for n in range(1, count + 1)]
        path.write_text("\n".join(["name,bmc,credential,profile", *rows, ""]))
        return path


def stop(running: subprocess.Popen[Any]) -> int:
    """SIGTERM, and its exit code."""
    if running.poll() is None:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(60)
        except subprocess.TimeoutExpired:
            running.kill()
    return running.wait(30)


@contextmanager
def rack(folder: Path, count: int) -> Iterator[Rack]:
    """Namespace and machines; the service is begun with `serving`."""
    name = f"mcop-{os.getpid()}"
    with ExitStack() as stack:
        heard = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        heard.bind(str(folder / "notify"))
        heard.settimeout(0.2)
        subprocess.run(["ip", "netns", "add", name], check=True)
        stack.callback(subprocess.run, ["ip", "netns", "del", name], check=True)
        subprocess.run(["ip", "netns", "exec", name, "ip", "link", "set", "lo", "up"], check=True)
        made = Rack(folder, name, heard)
        stack.callback(made.close)
        machines = made.bmcs(count)
        assert machines.stdout is not None
        stack.callback(machines.stdout.close)
        stack.callback(stop, machines)
        yield made
