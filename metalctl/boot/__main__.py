"""The boot service alone, with a directory in memory: for trying a boot network, a template or a ramdisk by hand.

    python -m metalctl.boot --interface br0 --address 172.31.0.1 --network 172.31.0.0/24 --state DIR \\
        --machine node1=52:54:00:00:00:01=ramdisk --ramdisk ~/.cache/metalctl/ramdisk/HASH --key ~/.ssh/id_ed25519.pub

Prints one JSON object a line: {"t": seconds, "event": "ready"|"sighting"|"transfer"|"report"|"dead", ...}. Ends on
SIGINT, SIGTERM, or when its standard input closes.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from metalctl.boot.artifacts import Artifacts
from metalctl.boot.errors import DnsmasqFailed
from metalctl.boot.memory import Machine, Memory
from metalctl.boot.server import BootServer
from metalctl.boot.settings import BootSettings
from metalctl.boot.transfers import Transfer
from metalctl.model.boot import PhoneHome, Welcome
from metalctl.model.errors import MetalctlError, describe


@dataclass(frozen=True)
class _Ramdisk:
    folder: Path

    @property
    def kernel(self) -> Path:
        return self.folder / "kernel"

    @property
    def initrd(self) -> Path:
        return self.folder / "initrd"

    @property
    def squashfs(self) -> Path:
        return self.folder / "filesystem.squashfs"

    @property
    def hash(self) -> str:
        return self.folder.name


class _Talking(Memory):
    """A directory that says what it sees."""

    begun = time.monotonic()
    _out = threading.Lock()

    def say(self, event: str, **facts: object) -> None:
        with self._out:
            sys.stdout.write(json.dumps({"t": round(time.monotonic() - self.begun, 2), "event": event, **facts}) + "\n")
            sys.stdout.flush()

    def sighting(self, mac: str, what: str) -> None:
        super().sighting(mac, what)
        self.say("sighting", mac=mac, what=what)

    def welcome(self, report: PhoneHome) -> Welcome:
        answer = super().welcome(report)
        self.say("report", **{k: v for k, v in asdict(report).items() if k != "token"})
        return answer

    def transfer(self, done: Transfer) -> None:
        self.say("transfer", **asdict(done))

    def dead(self, died: DnsmasqFailed) -> None:
        self.say("dead", message=died.message)


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop. Exit code 3 when it cannot serve."""
    given = _parser().parse_args(arguments)
    settings = BootSettings(
        given.interface, given.address, given.network, given.state, given.port, given.dhcp, ping=not given.no_ping
    )
    directory, artifacts = _Talking(), Artifacts()
    keys = tuple(path.read_text().strip() for path in given.key)
    for name, macs, action in (machine.split("=") for machine in given.machine):
        directory.add(Machine(name, tuple(macs.split(",")), "", action, keys, tuple(given.option)))
    server = BootServer(settings, directory, artifacts, on_death=directory.dead, on_transfer=directory.transfer)
    try:
        if given.ramdisk:
            artifacts.offer_ramdisk(_Ramdisk(given.ramdisk.resolve()))
        server.start()
    except MetalctlError as failed:
        sys.stderr.write(describe(failed) + "\n")
        return 3
    directory.say("ready", base_url=server.base_url, dnsmasq=server.dnsmasq.pid if server.dnsmasq else None)
    _wait()
    server.stop()
    return 0


def _wait() -> None:
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())

    def until_closed() -> None:
        while os.read(0, 4096):
            pass
        over.set()

    threading.Thread(target=until_closed, daemon=True).start()
    over.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m metalctl.boot", description="The boot service alone.")
    for name in ("--interface", "--address", "--network"):
        parser.add_argument(name, required=True)
    parser.add_argument("--state", type=Path, required=True, help="directory for dnsmasq's files")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--dhcp", default="authoritative", help="authoritative, proxy or off")
    parser.add_argument(
        "--no-ping", action="store_true", help="offer addresses without looking whether they are in use"
    )
    parser.add_argument("--machine", action="append", default=[], metavar="NAME=MAC[,MAC]=ACTION")
    parser.add_argument("--ramdisk", type=Path, help="folder with kernel, initrd, filesystem.squashfs")
    parser.add_argument("--key", type=Path, action="append", default=[], help="public key to let in")
    parser.add_argument("--option", action="append", default=[], help="one more word of the kernel command line")
    return parser


if __name__ == "__main__":
    sys.exit(main())
