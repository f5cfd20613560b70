"""dnsmasq as a supervised child: DHCP (or proxy DHCP) and TFTP on one interface.

    dhcp = Dnsmasq(settings, "http://172.31.0.1:8080", on_sighting=directory.sighting, on_death=report)
    dhcp.start(); ...; dhcp.stop()

It runs in the foreground and its log is read line by line: machines seen go to `on_sighting(mac, what)`. When it ends
without being asked to, `on_death(DnsmasqFailed)` is called once, from the reading thread, and `alive` is False. It is
ended by its pid; one left behind by a metalctl that was killed is found by the pid file and ended first.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from metalctl.boot import ports
from metalctl.boot.errors import BootError, DnsmasqFailed
from metalctl.boot.render import dnsmasq_config
from metalctl.boot.settings import BootSettings
from metalctl.boot.sightings import Reader
from metalctl.content import programs

log = logging.getLogger(__name__)
DHCP, TFTP, PROXY = 67, 69, 4011
START_SECONDS = 10.0
STOP_SECONDS = 5.0
OnSighting = Callable[[str, str], None]
OnDeath = Callable[[DnsmasqFailed], None]


class Dnsmasq:
    """See the module."""

    def __init__(
        self,
        settings: BootSettings,
        base_url: str,
        on_sighting: OnSighting | None = None,
        on_death: OnDeath | None = None,
    ) -> None:
        self.settings, self.base_url = settings, base_url
        self._on_sighting, self._on_death = on_sighting, on_death
        self._child: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._tail: deque[str] = deque(maxlen=12)
        self._started, self._stopping = threading.Event(), False

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return self._child.pid if self._child else None

    @property
    def config(self) -> Path:
        """The configuration that was written for it."""
        return _config(self.settings)

    def start(self) -> None:
        """Start it and wait until it serves. Raises PortTaken, DnsmasqFailed, BootError."""
        if self.alive:
            raise BootError("dnsmasq runs already", hint="stop it first")
        program = _program()
        self.settings.state_dir.mkdir(parents=True, exist_ok=True)
        self.config.write_text(dnsmasq_config(self.settings, self.base_url))
        check(self.config)
        require(self.settings)
        self._tail.clear()
        self._started.clear()
        self._stopping = False
        self._child = subprocess.Popen(
            [program, f"--conf-file={self.config}", "--keep-in-foreground"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._follow, args=(self._child,), name="dnsmasq-log", daemon=True)
        self._reader.start()
        self._await_start()

    def stop(self) -> None:
        """End it, by its pid. Nothing happens when it does not run."""
        self._stopping = True
        child, self._child = self._child, None
        if child is None:
            return
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if self._reader and self._reader is not threading.current_thread():
            self._reader.join(STOP_SECONDS)
        for name in ("dnsmasq.pid", "dnsmasq.conf"):
            self.config.with_name(name).unlink(missing_ok=True)

    def _await_start(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self._started.wait(0.05) and self.alive:
                return
            if not self.alive:
                break
        child = self._child
        status = child.poll() if child else None
        self.stop()
        raise DnsmasqFailed("dnsmasq did not start", status, list(self._tail))

    def _follow(self, child: subprocess.Popen[str]) -> None:
        reader = Reader()
        assert child.stderr is not None
        with child.stderr as lines:
            for line in lines:
                self._line(line.rstrip(), reader)
        status = child.wait()
        if self._started.is_set() and not self._stopping:
            died = DnsmasqFailed(f"dnsmasq ended unexpectedly (status {status})", status, list(self._tail))
            log.error("%s", died.message)
            if self._on_death:
                self._on_death(died)

    def _line(self, line: str, reader: Reader) -> None:
        self._tail.append(line)
        log.debug("%s", line)
        if "started, version" in line:
            self._started.set()
        seen = reader.read(line)
        if seen and self._on_sighting:
            self._on_sighting(*seen)


def require(settings: BootSettings) -> None:
    """Raise PortTaken or BootError when dnsmasq could not serve; one that an earlier metalctl left behind is ended."""
    _program()
    end_leftover(_config(settings), _config(settings).with_name("dnsmasq.pid"))
    ports.require_udp(DHCP, "", settings.interface)
    ports.require_udp(TFTP, settings.address, settings.interface)
    if settings.dhcp == "proxy":
        ports.require_udp(PROXY, "", settings.interface)


def _config(settings: BootSettings) -> Path:
    return settings.state_dir.absolute() / "dnsmasq.conf"


def _program() -> str:
    """dnsmasq, also where sbin is not on the path of this user."""
    found = programs.find("dnsmasq")
    if not found:
        raise BootError("dnsmasq is not installed", hint="apt-get install -y dnsmasq-base ipxe")
    return found


def check(config: Path) -> None:
    """Let dnsmasq read the file without starting. Raises DnsmasqFailed with what it says."""
    done = subprocess.run(
        [_program(), "--test", f"--conf-file={config}"], capture_output=True, text=True, timeout=30, check=False
    )
    if done.returncode:
        hint = "a template of the site under pxe/dnsmasq/ is the likely cause"
        raise DnsmasqFailed(f"dnsmasq refuses {config}", done.returncode, done.stderr.splitlines()[-5:], hint)


def end_leftover(config: Path, pid_file: Path) -> None:
    """End a dnsmasq that an earlier metalctl left behind: the one of the pid file, if it runs on our very file."""
    try:
        pid = int(pid_file.read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return
    if f"--conf-file={config}".encode() not in words:
        return
    log.warning("ending the dnsmasq (pid %d) that an earlier metalctl left behind", pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while time.monotonic() < end:
            os.kill(pid, 0)
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
