"""An installation against regular files and loop devices, from a server on 127.0.0.1 that misbehaves on purpose."""

from __future__ import annotations

import copy
import hashlib
import http.server
import json
import os
import random
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.codec import decode, encode
from metalctl.model.dossier import Installation
from metalctl.model.inventory import Disk
from metalctl.model.run import Armed, Entry, InstallSpec
from metalctl.node import install
from metalctl.node.errors import Refused
from metalctl.node.install import record, transfer
from metalctl.node.install.device import Device, DeviceFailed
from metalctl.node.install.fetch import Patience
from metalctl.node.journal import Journal, read

MIB = 2**20
SIZE = 14 * MIB
IMAGE = 12 * MIB
BOOT = "boot-1"
HURRY = Patience(attempts=3, stall=5.0, total=20, pause=0.01)
SEED = {"meta-data": "instance-id: i1\n", "user-data": "#cloud-config\n", "network-config": "version: 2\n"}
PARTITIONS = [("bios_grub", 1, 1), ("esp", 2, 1), ("cidata", 3, 4), ("root", 7, 5)]
CIDATA, ROOT, ZEROES = 3 * MIB, 7 * MIB, 10 * MIB
pytestmark = pytest.mark.skipif(shutil.which("zstd") is None, reason="zstd is not installed")


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
        return code, read(path)[0]

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


def test_the_image_is_on_the_disk_with_seed_and_record(bench: Bench) -> None:
    code, entries = bench.install()
    assert code == 0
    assert final(entries).event == "run-finished"
    assert final(entries).data["verdict"] == "PASS"
    done = installation(entries)
    assert (done.count, done.verified, done.disk_serial, done.os) == (1, True, "S1", "debian-12")
    assert done.bytes_written == sum(n for _, n, _ in bench.manifest["blocks"])
    assert done.image_sha256 == bench.manifest["sha256"]
    assert_holds_image(bench)
    assert bench.guarded == ["S1"]
    found = bench.record()
    assert found is not None
    assert (found.count, found.state, found.enrollment) == (1, "complete", "e1")


@pytest.mark.skipif(shutil.which("mcopy") is None, reason="mtools is not installed")
def test_the_seed_can_be_read_by_others(bench: Bench, tmp_path: Path) -> None:
    bench.install()
    place = f"{bench.disk.name}@@{CIDATA}"
    for name, text in SEED.items():
        got = subprocess.run(["mcopy", "-n", "-i", place, f"::{name}", "-"], capture_output=True, check=True).stdout
        assert got.decode() == text
    label = subprocess.run(["mlabel", "-s", "-i", place, "::"], capture_output=True, text=True, check=True).stdout
    assert "CIDATA" in label


def test_what_must_be_zero_and_where_old_signatures_lie_is_zero(bench: Bench) -> None:
    bench.install()
    content = bench.content
    assert not any(content[ZEROES : ZEROES + MIB // 2])
    assert not any(content[SIZE - MIB :])
    assert not any(content[2 * MIB + 64 * 1024 : 3 * MIB])


def begin_again(bench: Bench, boot: str = BOOT) -> tuple[int, list[Entry]]:
    """The very same run once more, its journal lost with the memory that held it."""
    shutil.rmtree(bench.directory / "e1-installed-1")
    return bench.install(bench.spec(run_id="e1-installed-1"), boot)


def test_the_same_run_a_second_time_writes_nothing(bench: Bench) -> None:
    bench.install()
    before, requests = bench.content, len(bench.server.requests)
    code, entries = begin_again(bench)
    assert code == 0
    assert installation(entries).count == 1
    assert installation(entries).verified
    assert bench.content == before
    assert len(bench.server.requests) == requests
    assert bench.guarded == ["S1"]
    assert "not written again" in notes(entries)


def test_a_complete_disk_that_was_changed_since_is_not_believed(bench: Bench) -> None:
    bench.install()
    _scribble(bench, ROOT + 5000)
    code, entries = begin_again(bench)
    assert code == 3
    assert final(entries).event == "error"
    assert "changed since" in final(entries).data["message"]


def test_after_a_reboot_a_disk_that_the_system_used_is_not_written_again(bench: Bench) -> None:
    bench.install()
    _scribble(bench, ROOT + 5000)
    code, entries = begin_again(bench, "boot-2")
    assert code == 0
    assert installation(entries).count == 1


def test_a_retry_of_the_enrollment_installs_again_with_the_guards_leave_and_counts(bench: Bench) -> None:
    """Its seed has a token of its own: the one on the disk is spent, or too old."""
    bench.install()
    _scribble(bench, ROOT + 5000)
    code, entries = bench.install()
    assert code == 0
    assert (installation(entries).count, installation(entries).verified) == (2, True)
    assert bench.guarded == ["S1", "S1"]
    assert_holds_image(bench)


def test_another_enrollment_installs_again_and_counts(bench: Bench) -> None:
    bench.install()
    code, entries = bench.install(bench.spec(enrollment="e2"))
    assert code == 0
    assert installation(entries).count == 2
    found = bench.record()
    assert found is not None
    assert found.history[0].startswith("1 e1 e1-installed-1 complete")


def test_a_power_cut_before_the_end_counts_two_and_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    class PowerCut(BaseException):
        pass

    def cut(*_: Any) -> None:
        raise PowerCut

    with monkeypatch.context() as cutting:
        cutting.setattr("metalctl.node.install.transfer.verify", cut)
        with pytest.raises(PowerCut):
            bench.install()
    assert bench.content[512:520] != b"EFI PART", "an interrupted installation must not boot"
    code, entries = bench.install(boot="boot-2")
    assert code == 0
    assert installation(entries).count == 2
    assert "did not end (run e1-installed-1" in notes(entries)
    assert "number 2" in notes(entries)


@pytest.mark.parametrize("slot", [0, 1])
def test_a_record_that_a_power_cut_tore_is_read_from_its_copy(bench: Bench, slot: int) -> None:
    bench.install()
    with Path(bench.disk.name).open("r+b") as file:
        file.seek(record.OFFSET + slot * record.SLOT + 100)
        file.write(b"torn")
    found = bench.record()
    assert found is not None
    assert found.count == 1


def test_a_clone_does_not_inherit_the_record(bench: Bench) -> None:
    bench.install()
    bench.disk = replace(bench.disk, serial="S2")
    assert bench.record() is None
    _, entries = bench.install()
    assert installation(entries).count == 1


def test_a_dropped_connection_is_resumed_where_it_broke(bench: Bench) -> None:
    bench.server.drops = 2
    code, entries = bench.install()
    assert code == 0
    assert "trying again" in notes(entries)
    assert_holds_image(bench)
    starts = {int(r.removeprefix("bytes=").split("-")[0]) for r in bench.server.requests}
    assert starts - {f[0] for f in bench.manifest["stream"]["frames"]}, "a resumed request starts inside a frame"


def test_a_busy_server_is_asked_again(bench: Bench) -> None:
    bench.server.fails = [503, 503]
    assert bench.install()[0] == 0


def test_a_server_that_is_gone_is_no_fault_of_the_disk(bench: Bench) -> None:
    code, entries = bench.install(bench.spec(base_url="http://127.0.0.1:9/files"))
    assert code == 3
    assert final(entries).event == "error"
    assert "gave up" in final(entries).data["message"]
    found = bench.record()
    assert found is not None
    assert found.state == "writing"


def test_an_image_that_is_gone_is_told_at_once(bench: Bench) -> None:
    bench.server.fails = [404] * 20
    code, entries = bench.install()
    assert code == 3
    assert "404" in final(entries).data["message"]


def test_a_server_without_ranges_is_refused(bench: Bench) -> None:
    bench.server.ranges = False
    code, entries = bench.install()
    assert code == 3
    assert "byte ranges" in final(entries).data["message"]


def test_a_stream_that_was_damaged_on_its_way_is_no_fault_of_the_disk(bench: Bench) -> None:
    frame = bench.manifest["stream"]["frames"][1]
    damaged = bytearray(bench.server.content)
    damaged[frame[0] + frame[1] // 2] ^= 0xFF
    bench.server.content = bytes(damaged)
    code, entries = bench.install()
    assert code == 3
    assert "damaged" in final(entries).data["message"]


def test_a_stream_that_never_matched_its_manifest_is_the_images_fault(bench: Bench) -> None:
    bench.manifest["blocks"][3][2] = "0" * 64
    code, entries = bench.install()
    assert code == 3
    assert "not what its manifest says" in final(entries).data["message"]


def _lying(at: int, flip: int) -> Callable[[Device, memoryview, int], None]:
    honest = Device.read_view

    def read_view(self: Device, view: memoryview, offset: int) -> None:
        honest(self, view, offset)
        if offset <= at < offset + len(view):
            view[at - offset] ^= flip

    return read_view


@pytest.mark.parametrize("at", [300, ROOT + 5077, ZEROES + 5])
def test_a_disk_that_returns_other_data_fails_by_name_and_place(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr(Device, "read_view", _lying(at, 0x10))
    code, entries = bench.install()
    assert code == 1
    assert final(entries).data["verdict"] == "FAIL"
    assert installation(entries).verified is False
    finding = final(entries).data["findings"][0]
    assert "returned other data than was written" in finding["got"]
    assert "S1" in finding["part"]
    block = next(o for o, n, *_ in bench.manifest["blocks"] + bench.manifest["zeroes"] if o <= at < o + n)
    assert f"at byte {block}" in finding["expected"]
    assert finding["remedy"]
    assert "replace" in finding["remedy"]


def test_a_disk_that_fails_verification_does_not_boot_and_is_not_complete(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Device, "read_view", _lying(ROOT, 1))
    bench.install()
    assert bench.content[512:520] != b"EFI PART"
    monkeypatch.undo()
    found = bench.record()
    assert found is not None
    assert found.state == "writing"


def test_a_disk_that_refuses_a_write_fails(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Device, view: memoryview, offset: int) -> None:
        if offset == ROOT:
            raise DeviceFailed("write at byte 7340032 failed: Input/output error", hint="replace the disk")
        real(self, view, offset)

    real = Device.write_view
    monkeypatch.setattr(Device, "write_view", refuse)
    monkeypatch.setattr(Device, "zero", lambda *_: None)
    code, entries = bench.install()
    assert code == 1
    assert final(entries).data["findings"][0]["requirement"] == "install.disk"
    assert installation(entries).count == 1
    assert not installation(entries).verified


def test_a_wrong_serial_is_refused_and_nothing_is_written(bench: Bench) -> None:
    before = bench.content
    code, entries = bench.install(bench.spec(disk_serial="S9"))
    assert code == 3
    assert final(entries).data["kind"] == "Refused"
    assert bench.content == before


def test_what_the_guard_refuses_is_not_written(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    before, spec = bench.content, bench.spec()
    expired = replace(spec, armed=replace(spec.armed, expires=1.0))
    monkeypatch.setattr("metalctl.node.guard.disks.collect", lambda _: (bench.disk,))
    with Journal(bench.directory / "x" / "journal.jsonl", BOOT) as journal:
        assert install.perform(expired, journal, BOOT, find=bench._find) == 3
    assert "expired" in final(read(bench.directory / "x" / "journal.jsonl")[0]).data["message"]
    assert bench.content == before


def test_the_leave_of_another_enrollment_is_refused(bench: Bench) -> None:
    spec = bench.spec(enrollment="e2")
    with Journal(bench.directory / "x" / "journal.jsonl", BOOT) as journal:
        assert install.perform(spec, journal, BOOT, find=bench._find) == 3
    assert "another enrollment" in final(read(bench.directory / "x" / "journal.jsonl")[0]).data["message"]


def test_a_spec_of_another_boot_is_refused(bench: Bench) -> None:
    code, entries = bench.install(bench.spec(boot_id="boot-0"))
    assert code == 3
    assert "booted again" in final(entries).data["message"]


@pytest.mark.parametrize(
    ("change", "why"), [({"size": IMAGE - 512}, "image needs"), ({"logical_block": 4096}, "sectors of 4096")]
)
def test_a_disk_that_the_image_does_not_suit_is_refused(bench: Bench, change: dict[str, int], why: str) -> None:
    bench.disk = replace(bench.disk, **change)
    before = bench.content
    code, entries = bench.install(bench.spec(disk_size=bench.disk.size))
    assert code == 3
    assert why in final(entries).data["message"]
    assert bench.content == before


@pytest.mark.parametrize(
    ("break_it", "why"),
    [
        (lambda m: m["blocks"][2].__setitem__(0, 100), "bad range"),
        (lambda m: m["stream"]["frames"].pop(), "do not cover"),
        (lambda m: m["partitions"][0].__setitem__("start", 512 * 1024), "install record"),
        (lambda m: m.pop("digest"), "cannot be read"),
        (lambda m: m.__setitem__("digest", "crc9"), "cannot be read"),
        (lambda m: m.__setitem__("format", 2), "cannot be read"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused_before_a_byte_is_written(
    bench: Bench, break_it: Callable[[dict[str, Any]], object], why: str
) -> None:
    before = bench.content
    break_it(bench.manifest)
    code, entries = bench.install()
    assert code == 3
    assert why in final(entries).data["message"]
    assert bench.content == before


def test_progress_runs_to_the_end(bench: Bench) -> None:
    _, entries = bench.install()
    for what in ("write", "verify"):
        told = [e.data for e in entries if e.event == "progress" and e.data["what"] == what]
        assert told[0]["done"] == 0
        assert told[-1]["done"] == told[-1]["total"] > 0


def test_the_command_refuses_to_start_a_run_twice(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METALCTL_RUN_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr("metalctl.node.guard.disks.collect", lambda _: ())
    file = tmp_path / "spec.json"
    file.write_text(json.dumps(encode(bench.spec())))
    assert install.main([str(file)]) == 3
    assert "no disk has serial S1" in capsys.readouterr().err
    assert install.main([str(file)]) == 2
    assert "started before" in capsys.readouterr().err


def test_the_parts_around_the_record_are_all_of_the_rest() -> None:
    for offset, length in ((0, MIB), (0, 4096), (record.OFFSET, 4096), (record.OFFSET - 4096, 8192), (MIB, 4096)):
        parts = transfer.outside_record(offset, length)
        covered = {at for o, n in parts for at in range(o, o + n, 4096)}
        wanted = {a for a in range(offset, offset + length, 4096) if not record.REGION.offset <= a < record.REGION.end}
        assert covered == wanted


@pytest.mark.skipif(os.geteuid() != 0, reason="loop devices need root")
def test_a_block_device_is_written_with_its_own_ioctls(bench: Bench) -> None:
    made = subprocess.run(["losetup", "-f", "--show", bench.disk.name], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no loop device here: {made.stderr.strip()}")
    loop = made.stdout.strip()
    try:
        bench.disk = replace(bench.disk, name=loop)
        code, entries = bench.install()
        assert code == 0, final(entries)
        assert_holds_image(bench)
        assert not any(bench.content[ZEROES : ZEROES + MIB // 2])
        assert installation(entries).count == 1
    finally:
        subprocess.run(["losetup", "-d", loop], check=True)


def _scribble(bench: Bench, at: int) -> None:
    with Path(bench.disk.name).open("r+b") as file:
        file.seek(at)
        file.write(b"changed")
