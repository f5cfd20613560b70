"""Loop devices over files of the test, and processes that use them through other names. Needs root."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from metalctl.model.inventory import Disk

MIB = 2**20
SERIAL = "LOOPDISK1"
Make = Callable[..., Disk]


@pytest.fixture
def loop_disk(tmp_path: Path) -> Iterator[Make]:
    """make(size, {offset: bytes}, sector=512): a loop device that shows a file like that."""
    needs_a_machine()
    with ExitStack() as made:

        def make(size: int = 40 * MIB, content: dict[int, bytes] | None = None, sector: int = 512) -> Disk:
            file = tmp_path / f"disk{len(os.listdir(tmp_path))}"
            with file.open("wb") as out:
                out.truncate(size)
                for offset, data in (content or {}).items():
                    out.seek(offset)
                    out.write(data)
            device = attach(file, "--find", "--sector-size", str(sector))
            made.callback(detach, device)
            return Disk(device.removeprefix("/dev/"), "ssd", size=size, serial=SERIAL, logical_block=sector)

        yield make


def needs_a_machine() -> None:
    """Skip where the guard rightly refuses every disk, or no loop device can be made."""
    if os.geteuid() != 0:
        pytest.skip("loop devices need root")
    if os.readlink("/proc/self/ns/pid") != "pid:[4026531836]":
        pytest.skip("a container does not show the machine's other processes")


def attach(file: Path, *where: str) -> str:
    """The loop device; tried again, since a free one may be taken by another test meanwhile."""
    for _ in range(20):
        done = subprocess.run(["losetup", "--show", *where, str(file)], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.strip() or where[-1]
        time.sleep(0.1)
    pytest.skip(f"no loop device here: {done.stderr.strip()}")


def detach(device: str) -> None:
    subprocess.run(["losetup", "-d", device], check=True)


def alias(disk: Disk, place: Path) -> Path:
    """Another device file of the disk, such as mknod makes."""
    major, minor = Path(f"/sys/class/block/{disk.name}/dev").read_text().split(":")
    os.mknod(place, 0o600 | 0o060000, os.makedev(int(major), int(minor)))
    return place


@contextmanager
def running(*argv: str) -> Iterator[int]:
    """A process that says "ready" once it has done its part, and then lives until the end of the block; its pid."""
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            assert process.stdout.readline().strip() == "ready"
            yield process.pid
        finally:
            process.stdin.close()
            process.wait(30)


def python(code: str, *words: object) -> tuple[str, ...]:
    """A Python program for `running`: sys.argv[1:] are the words; it ends when its standard input does."""
    return (
        sys.executable,
        "-c",
        f"import sys, os\n{code}\nprint('ready', flush=True)\nsys.stdin.read()",
        *map(str, words),
    )
