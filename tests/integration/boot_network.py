"""A boot network in a namespace of its own: a bridge, taps, the boot service, QEMU nodes and a site's DHCP server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from metalctl.content.programs import find

MAC = "52:54:00:aa:00:01"
OVMF = Path("/usr/share/OVMF")
NEEDED = ("ip", "dnsmasq", "qemu-system-x86_64")


def why_not() -> str:
    """Why no boot network can be made here, "" when it can."""
    if missing := [name for name in NEEDED if not find(name)]:
        return f"not installed: {', '.join(missing)}"
    trial = subprocess.run(["ip", "netns", "add", f"mcbt-{os.getpid()}-x"], capture_output=True, text=True, check=False)
    if trial.returncode:
        return f"no network namespaces: {trial.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", f"mcbt-{os.getpid()}-x"], check=True)
    return ""


class BootNetwork:
    """One namespace with br0 at 172.31.0.1/24 and tap0 on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name, self.site = folder, f"mcbt-{os.getpid()}", f"mcbt-{os.getpid()}-site"

    def up(self) -> None:
        self._ip("netns", "add", self.name)
        self._in("link", "set", "lo", "up")
        self._in("link", "add", "br0", "type", "bridge")
        self._in("addr", "add", "172.31.0.1/24", "dev", "br0")
        self._in("link", "set", "br0", "up")
        self._in("tuntap", "add", "tap0", "mode", "tap")
        self._in("link", "set", "tap0", "master", "br0", "up")

    def down(self) -> None:
        for name in (self.name, self.site):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)

    @contextmanager
    def service(self, *words: str, state: str = "state") -> Iterator[Service]:
        serving = Service(self, self.folder / state, words)
        try:
            yield serving
        finally:
            serving.stop()

    @contextmanager
    def node(self, *words: str, firmware: str = "bios", memory: int = 512) -> Iterator[Path]:
        """A QEMU machine that boots from the network first; gives the file of its serial console."""
        serial = self.folder / f"serial-{time.monotonic_ns()}"
        serial.touch()
        command = ["qemu-system-x86_64", "-machine", "q35,accel=tcg,graphics=off", "-m", str(memory)]
        command += ["-display", "none", "-monitor", "none", "-no-reboot", "-serial", f"file:{serial}", "-uuid", UUID]
        command += ["-netdev", "tap,id=n,ifname=tap0,script=no,downscript=no"]
        command += ["-device", f"virtio-net-pci,netdev=n,mac={MAC},bootindex=1", *self._firmware(firmware), *words]
        with serial.with_suffix(".qemu").open("w") as log:
            machine = subprocess.Popen(self.inside(*command), stdin=subprocess.DEVNULL, stderr=log)
        try:
            yield serial
        finally:
            machine.kill()
            machine.wait()

    @contextmanager
    def site_dhcp(self) -> Iterator[None]:
        """Somebody else's DHCP server, 172.31.0.2, on the same network."""
        self._ip("netns", "add", self.site)
        self._in("link", "add", "site0", "type", "veth", "peer", "name", "eth0", "netns", self.site)
        self._in("link", "set", "site0", "master", "br0", "up")
        self._ip("-n", self.site, "addr", "add", "172.31.0.2/24", "dev", "eth0")
        self._ip("-n", self.site, "link", "set", "eth0", "up")
        command = ["dnsmasq", "--conf-file=/dev/null", "--keep-in-foreground", "--port=0", "--interface=eth0"]
        command += ["--dhcp-range=172.31.0.50,172.31.0.60,1h", f"--dhcp-leasefile={self.folder}/site.leases"]
        command += ["--dhcp-authoritative", "--no-ping", f"--pid-file={self.folder}/site.pid", "--log-facility=-"]
        server = subprocess.Popen(["ip", "netns", "exec", self.site, *command], stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            server.terminate()
            server.wait()
            # A namespace's links go some time after the namespace: without this the next site0 may still exist.
            self._in("link", "del", "site0")
            self._ip("netns", "del", self.site)

    def inside(self, *command: str) -> list[str]:
        return ["ip", "netns", "exec", self.name, *command]

    def _firmware(self, firmware: str) -> list[str]:
        """bios, uefi, or uefi-plain: the NIC has no ROM, so the firmware's own PXE stack loads our loader."""
        if firmware == "bios":
            return []
        variables = self.folder / f"vars-{time.monotonic_ns()}.fd"
        shutil.copy(OVMF / "OVMF_VARS_4M.fd", variables)
        drives = [f"if=pflash,format=raw,readonly=on,file={OVMF / 'OVMF_CODE_4M.fd'}"]
        drives += [f"if=pflash,format=raw,file={variables}"]
        plain = ["-global", "virtio-net-pci.romfile="] if firmware == "uefi-plain" else []
        return [word for drive in drives for word in ("-drive", drive)] + plain

    def _in(self, *words: str) -> None:
        self._ip("-n", self.name, *words)

    def _ip(self, *words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)


UUID = "12345678-1234-1234-1234-123456789abc"


class Service:
    """`python -m metalctl.boot` in the namespace, and what it said."""

    def __init__(self, network: BootNetwork, state: Path, words: tuple[str, ...]) -> None:
        command = [sys.executable, "-m", "metalctl.boot", "--interface", "br0", "--address", "172.31.0.1"]
        command += ["--network", "172.31.0.0/24", "--state", str(state), "--no-ping", *words]
        self.events: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            network.inside(*command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def wait_for(self, event: str, seconds: float = 200, **facts: object) -> dict[str, Any]:
        """The first event of that kind whose fields have (or, for text, start with) these values."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for seen in list(self.events):
                if seen["event"] == event and all(_fits(seen.get(key), value) for key, value in facts.items()):
                    return seen
            time.sleep(0.1)
        raise AssertionError(f"no {event} {facts} within {seconds} s; seen: {self.events}")

    def said(self, mac: str = MAC) -> list[str]:
        """What was sighted of a machine, in order."""
        return [e["what"] for e in self.events if e["event"] == "sighting" and e["mac"] == mac]

    def stop(self) -> None:
        if self.process.poll() is None and self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(5)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe and not pipe.closed:
                pipe.close()


def _fits(found: object, wanted: object) -> bool:
    return found.startswith(wanted) if isinstance(found, str) and isinstance(wanted, str) else found == wanted


def talking_disk(path: Path) -> Path:
    """A disk whose boot sector writes LOCALDISK to the first serial port and halts."""
    text = b"\r\nLOCALDISK\r\n"
    # mov si,text; mov cx,len; next: cs lodsb; mov dx,3f8h; out dx,al; loop next; cli; hlt; jmp $-2
    size = 18
    start = 0x7C00 + size
    code = bytes([0xBE, start & 255, start >> 8, 0xB9, len(text), 0, 0x2E, 0xAC, 0xBA, 0xF8, 0x03, 0xEE, 0xE2, 0xF8])
    code += bytes([0xFA, 0xF4, 0xEB, 0xFC])
    sector = (code + text).ljust(510, b"\0") + b"\x55\xaa"
    path.write_bytes(sector.ljust(1 << 20, b"\0"))
    return path
