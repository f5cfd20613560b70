"""The installer on a real block device, with the real guard: the disk is claimed, or nothing is written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from metalctl.model.run import Armed, Entry
from metalctl.node import guard, hygiene, install
from metalctl.node.install.transfer import write
from metalctl.node.journal import Journal
from tests.unit.node.disks.conftest import alias, attach, detach, needs_a_machine, python, running
from tests.unit.node.install.conftest import BOOT, HURRY, ROOT, Bench, final
from tests.unit.node.journals import entries

pytestmark = pytest.mark.skipif(shutil.which("zstd") is None, reason="zstd is not installed")


@pytest.fixture
def file(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file behind the loop device that the bench's disk is now."""
    needs_a_machine()
    file = Path(bench.disk.name)
    device = attach(file, "--find")
    bench.disk = replace(bench.disk, name=device.removeprefix("/dev/"))
    monkeypatch.setattr("metalctl.node.inspect.disks.collect", lambda _: (bench.disk,))
    yield file
    detach(device)


def perform(bench: Bench) -> tuple[int, list[Entry]]:
    """Install with leave for the disk as it is looked at now."""
    seen = hygiene.look(bench.disk)
    stated = {f.name: seen[f.name] for f in fields(Armed) if f.name in seen}
    spec = bench.spec(armed=Armed(action="install", enrollment="e1", expires=2e9, **stated))
    journal = bench.directory / spec.run_id / "journal.jsonl"
    with Journal(journal, BOOT) as opened:
        code = install.perform(spec, opened, BOOT, find=bench._find, patience=HURRY)
    return code, entries(journal)


def test_the_device_is_claimed_while_it_is_written_and_free_afterwards(
    bench: Bench, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims: list[str] = []

    def watched(*arguments: object) -> bytes:
        claims.append(guard.claimed(bench.disk.name))
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("metalctl.node.install.transfer.write", watched)
    code, entries = perform(bench)
    assert (code, final(entries).data["verdict"]) == (0, "PASS")
    assert file.read_bytes()[ROOT : ROOT + 4096] == bench.raw[ROOT : ROOT + 4096]
    assert "claimed in the kernel" in claims[0]
    assert guard.claimed(bench.disk.name) == ""


@pytest.mark.truth("C1", "a disk in use under another device file is in use")
def test_a_device_that_a_process_writes_under_another_name_is_not_written(
    bench: Bench, file: Path, tmp_path: Path
) -> None:
    before = file.read_bytes()
    node = alias(bench.disk, tmp_path / "node")
    with running(*python("f = os.open(sys.argv[1], os.O_RDWR)", node)):
        code, entries = perform(bench)
    assert (code, final(entries).event) == (3, "error")
    assert "open for writing" in final(entries).data["message"]
    assert file.read_bytes() == before
