"""The boot service as one thing to start and stop: HTTP in a thread, dnsmasq as a child.

    server = BootServer(settings, directory, artifacts, on_death=report)
    server.start()        # in the network namespace of the rack, where there is one
    server.base_url       # "http://172.31.0.1:8080"
    server.stop()

`start` comes back when both serve; when either cannot, it raises and leaves nothing behind. `python -m metalctl.boot`
runs it alone, with a directory in memory.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from pathlib import Path

import uvicorn

from metalctl.boot import dnsmasq, ports
from metalctl.boot.advertise import NoRouter
from metalctl.boot.artifacts import Artifacts
from metalctl.boot.directory import Directory
from metalctl.boot.dnsmasq import Dnsmasq, OnDeath
from metalctl.boot.errors import BootError
from metalctl.boot.service import app
from metalctl.boot.settings import BootSettings
from metalctl.boot.transfers import OnTransfer

log = logging.getLogger(__name__)
START_SECONDS = 10.0
GRACE_SECONDS = 3
"""How long a download may go on once the service must stop."""


class BootServer:
    """See the module."""

    def __init__(
        self,
        settings: BootSettings,
        directory: Directory,
        artifacts: Artifacts,
        *,
        on_death: OnDeath | None = None,
        on_transfer: OnTransfer | None = None,
    ) -> None:
        self.settings, self.directory, self.artifacts = settings, directory, artifacts
        self._on_death, self._on_transfer = on_death, on_transfer
        self._http: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.dnsmasq: Dnsmasq | None = None
        self._no_router: NoRouter | None = None
        self.base_url = ""

    @property
    def alive(self) -> bool:
        """Whether every part of it runs."""
        http = self._thread is not None and self._thread.is_alive()
        return http and (self.settings.dhcp == "off" or (self.dnsmasq is not None and self.dnsmasq.alive))

    def start(self) -> None:
        """Serve. Raises PortTaken, DnsmasqFailed, BootError; then nothing runs."""
        if self._thread is not None:
            raise BootError("the boot service runs already", hint="stop it first")
        listener = ports.listen_tcp(self.settings.address, self.settings.http_port)
        self.base_url = f"http://{self.settings.address}:{listener.getsockname()[1]}"
        try:
            self._offer_loader()
            self._start_http(listener)
            if self.settings.dhcp != "off":
                self.dnsmasq = Dnsmasq(self.settings, self.base_url, self.directory.sighting, self._on_death)
                self.dnsmasq.start()
                self._answer_ipv6()
        except BaseException:
            self.stop()
            listener.close()
            raise
        log.info("boot service on %s, DHCP %s on %s", self.base_url, self.settings.dhcp, self.settings.interface)

    def stop(self) -> None:
        """End both parts. Nothing happens when they do not run."""
        if self.dnsmasq:
            self.dnsmasq.stop()
            self.dnsmasq = None
        if self._no_router:
            self._no_router.stop()
            self._no_router = None
        if self._http and self._thread:
            self._http.should_exit = True
            self._thread.join(GRACE_SECONDS + 2)
            if self._thread.is_alive():
                self._http.force_exit = True
                self._thread.join(GRACE_SECONDS)
        self._http = self._thread = None

    def _offer_loader(self) -> None:
        if self.settings.dhcp != "off":
            self.artifacts.offer_loader(_loaders(self.settings)[-1])

    def _answer_ipv6(self) -> None:
        if self.settings.dhcp != "authoritative" or not self.settings.no_router:
            return
        answering = NoRouter(self.settings.interface)
        try:
            answering.start()
        except BootError as failed:  # it only saves time
            log.warning("%s; %s", failed.message, failed.hint)
            return
        self._no_router = answering

    def _start_http(self, listener: socket.socket) -> None:
        service = app(self.directory, self.artifacts, base_url=self.base_url, on_transfer=self._on_transfer)
        config = uvicorn.Config(
            service,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            # A node calls by itself: an address that a header claims is nobody's.
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._http = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._http.run, kwargs={"sockets": [listener]}, name="boot-http", daemon=True
        )
        self._thread.start()
        end = time.monotonic() + START_SECONDS
        while not self._http.started:
            if not self._thread.is_alive() or time.monotonic() > end:
                raise BootError("the HTTP boot service did not start", hint="the log has the reason")
            time.sleep(0.01)


def require(settings: BootSettings) -> None:
    """Raise what `start` would raise for want of an address, a port, a loader or dnsmasq; nothing runs afterwards.

    For who has minutes of work to do before `start`.
    """
    ports.listen_tcp(settings.address, settings.http_port).close()
    if settings.dhcp != "off":
        _loaders(settings)
        dnsmasq.require(settings)


def _loaders(settings: BootSettings) -> list[Path]:
    found = [settings.loaders / name for name in (settings.bios_loader, settings.uefi_loader)]
    for loader in found:
        if not loader.is_file():
            raise BootError(f"the first loader {loader} is not there", hint="apt-get install -y ipxe")
    return found
