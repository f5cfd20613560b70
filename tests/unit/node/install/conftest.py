"""A disk full of old data, and a server on 127.0.0.1 that misbehaves on purpose."""

from __future__ import annotations

import copy
import hashlib
import http.server
import random
import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.codec import decode
from metalctl.model.dossier import Installation
from metalctl.model.inventory import Disk
from metalctl.model.run import Armed, Entry, InstallSpec
from metalctl.node import install
from metalctl.node.errors import Refused
from metalctl.node.install import record
from metalctl.node.install.device import Device
from metalctl.node.install.fetch import Patience
from metalctl.node.journal import Journal
from tests.unit.node.journals import entries

MIB = 2**20
SIZE = 14 * MIB
IMAGE = 12 * MIB
BOOT = "boot-1"
HURRY = Patience(attempts=3, stall=60.0, total=20, pause=0.01)
SEED = {"meta-data": "instance-id: i1\n", "user-data": "#cloud-config\n", "network-config": "version: 2\n"}
PARTITIONS = [("bios_grub", 1, 1), ("esp", 2, 1), ("cidata", 3, 4), ("root", 7, 5)]
CIDATA, ROOT, ZEROES = 3 * MIB, 7 * MIB, 10 * MIB


class Server(http.server.ThreadingHTTPServer):
    """Serves one file by range. drops: how many answers are cut in the middle; fails: status codes to answer first."""

    daemon_threads = True
    content = b""
    drops = 0
    ranges = True
    fails: list[int]
    requests: list[str]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        self.server.requests.append(asked)
        if self.server.fails:
            self.send_error(self.server.fails.pop())
            return
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", asked)
        first, last = (
            (int(match[1]), int(match[2])) if match and self.server.ranges else (0, len(self.server.content) - 1)
        )
        body = self.server.content[first : last + 1]
        self.send_response(206 if self.server.ranges else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(self.server.content)}")
        self.end_headers()
        if self.server.drops and len(body) > 1000:
            self.server.drops -= 1
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    served = Server(("127.0.0.1", 0), Handler)
    served.fails, served.requests = [], []
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.shutdown()
    thread.join()
    served.server_close()


@cache
def make_image(per_frame: int = 2) -> tuple[dict[str, Any], bytes, bytes]:
    """(manifest, the image's bytes with holes as zeros, the stream)."""
    rng = random.Random(7)
    raw = bytearray(IMAGE)
    blocks = [(0, MIB), (2 * MIB, 65536), (CIDATA, 262144), (ROOT, MIB), (9 * MIB, 8192), (IMAGE - 4096, 4096)]
    for offset, length in blocks:
        raw[offset : offset + length] = rng.randbytes(length)
    raw[512 : 512 + 8] = b"EFI PART"
    raw[record.REGION.offset : record.REGION.end] = bytes(record.REGION.end - record.REGION.offset)
    stream, frames = b"", []
    for first in range(0, len(blocks), per_frame):
        part = blocks[first : first + per_frame]
        data = b"".join(raw[o : o + n] for o, n in part)
        packed = subprocess.run(["zstd", "-cq"], input=data, capture_output=True, check=True).stdout
        frames.append([len(stream), len(packed), first, len(part)])
        stream += packed
    manifest = {
        "format": 1, "os": "debian-12", "version": "0123456789abcdef", "built": "2026-01-31T10:00:00Z",
        "virtual_size": IMAGE, "sha256": hashlib.sha256(raw).hexdigest(), "digest": "sha256",
        "blocks": [[o, n, hashlib.sha256(raw[o : o + n]).hexdigest()] for o, n in blocks],
        "zeroes": [[ZEROES, MIB // 2]],
        "partitions": [
            {"number": i, "role": r, "start": s * MIB, "size": n * MIB}
            for i, (r, s, n) in enumerate(PARTITIONS, start=1)
        ],
        "stream": {"file": "disk.raw.zst", "format": "zstd", "size": len(stream), "sha256": "", "raw_size": 0,
                   "frames": frames},
    }  # fmt: skip
    return manifest, bytes(raw), stream


@dataclass
class Bench:
    """A disk full of old data, an image on the server, and a way to install."""

    server: Server
    directory: Path
    disk: Disk
    manifest: dict[str, Any] = field(default_factory=dict)
    raw: bytes = b""
    runs: int = 0
    guarded: list[str] = field(default_factory=list)

    def spec(self, **change: Any) -> InstallSpec:
        self.runs += 1
        armed = Armed(self.disk.serial, SIZE, "install", "e1", 2e9)
        spec = InstallSpec(
            run_id=f"e1-installed-{self.runs}",
            node="n1",
            enrollment="e1",
            disk_serial=self.disk.serial,
            disk_size=SIZE,
            base_url=f"http://127.0.0.1:{self.server.server_port}/files",
            manifest=self.manifest,
            seed=SEED,
            armed=armed,
        )
        return replace(spec, **change)

    def install(self, spec: InstallSpec | None = None, boot: str = BOOT) -> tuple[int, list[Entry]]:
        spec = spec or self.spec()
        path = self.directory / spec.run_id / "journal.jsonl"
        with Journal(path, boot) as journal:
            code = install.perform(
                spec, journal, boot, find=self._find, leave=lambda _, d: self.guarded.append(d.serial), patience=HURRY
            )
        return code, entries(path)

    def _find(self, serial: str, size: int) -> Disk:
        if (serial, size) != (self.disk.serial, self.disk.size):
            raise Refused(f"no disk has serial {serial} and {size} bytes")
        return self.disk

    @property
    def content(self) -> bytes:
        return Path(self.disk.name).read_bytes()

    def record(self) -> record.Record | None:
        with Device(self.disk.name, writable=False) as device:
            return record.load(device, self.disk.serial)


@pytest.fixture
def bench(server: Server, tmp_path: Path) -> Bench:
    file = tmp_path / "disk"
    file.write_bytes(random.Random(1).randbytes(MIB) * (SIZE // MIB))
    made = Bench(server, tmp_path / "runs", Disk(str(file), "ssd", size=SIZE, serial="S1", logical_block=512))
    manifest, made.raw, server.content = make_image()
    made.manifest = copy.deepcopy(manifest)
    return made


def final(entries: list[Entry]) -> Entry:
    assert [e.seq for e in entries] == list(range(len(entries)))
    return entries[-1]


def installation(entries: list[Entry]) -> Installation:
    return decode(Installation, final(entries).data["installation"])


def notes(entries: list[Entry]) -> str:
    return " | ".join(e.data["what"] for e in entries if e.event == "note")


def assert_holds_image(bench: Bench) -> None:
    content = bench.content
    ranges = [(o, n) for o, n, *_ in bench.manifest["blocks"] + bench.manifest["zeroes"]]
    for offset, length in ranges:
        for at in range(offset, offset + length, 4096):
            if not record.REGION.offset <= at < record.REGION.end and not CIDATA <= at < ROOT:
                assert content[at : at + 4096] == bench.raw[at : at + 4096], f"byte {at}"


def scribble(bench: Bench, at: int) -> None:
    with Path(bench.disk.name).open("r+b") as file:
        file.seek(at)
        file.write(b"changed")
