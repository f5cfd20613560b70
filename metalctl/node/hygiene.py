"""`python3 -m metalctl.node disks [--full] [--result FILE] [SERIAL...]`: may disks be written, and what do they hold?

Reads only. Without serials every disk is looked at; --full reads them from end to end, where otherwise a sample is
read (metalctl.node.sample). Prints a JSON list, or writes it to FILE, and meanwhile {"done", "total"} (bytes) to
FILE.progress:

    serial, size, name         of the disk; the serial with the unit where a drive has several (`Disk.key`)
    wwn, number, diskseq, boot_id   which disk it is, in this boot (metalctl.model.run.Armed)
    refusals [text]            what speaks against writing to it
    unknown [text]             what could not be told: not seen by the guard, not readable
    signatures [text]          what wipefs finds, and GPTs made for other sectors than the disk has
    data text                  what else was read, "" when that was zeros
    extent text                how much was read, "" when nothing was
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from metalctl.model.inventory import Disk
from metalctl.node import guard, order, sample
from metalctl.node.errors import NodeError
from metalctl.node.inspect import LocalHost, disks
from metalctl.node.inspect.host import Host
from metalctl.node.install.device import Device
from metalctl.node.sample import Sample

_AT_ONCE = 16
_EVERY = 2.0  # seconds between two notes of the progress


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("disks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("serials", nargs="*", metavar="SERIAL")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--result", type=Path)
    try:
        words = parser.parse_args(argv)
    except SystemExit as left:
        return int(left.code or 0)
    wanted = [d for d in disks.collect(LocalHost()) if not words.serials or d.key in words.serials]
    progress = _Progress(sum(d.size or 0 for d in wanted) if words.full else 0, words.result)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(lambda disk: look(disk, full=words.full, progress=progress), wanted))
    text = json.dumps(found) + "\n"
    if words.result:
        order.put(words.result, text)
    else:
        sys.stdout.write(text)
    return 0


def look(disk: Disk, *, full: bool = False, progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    host = LocalHost()
    against = guard.objections(disk, host=host)
    found: dict[str, Any] = {
        "serial": disk.key,
        "size": disk.size,
        "name": disk.name,
        **guard.seen(host, disk),
        "refusals": [o.text for o in against if o.certain],
        "unknown": [o.text for o in against if not o.certain],
        "signatures": [],
        "data": "",
        "extent": "",
    }
    try:
        found["signatures"] = guard.signatures(disk, host)
        if not found["refusals"]:
            found |= _content(disk, found, _read(host, disk, full, progress))
    except NodeError as error:
        # What cannot be read is not taken for empty.
        found["unknown"].append(f"what is on it cannot be read: {error.message}")
    return found


def _read(host: Host, disk: Disk, full: bool, progress: Callable[[int], None] | None) -> Sample:
    """The sample, then all of it where that is wanted and the sample is empty."""
    with Device(f"/dev/{disk.name}", writable=False) as device:
        wanted = host.text(f"/sys/class/block/{disk.name}/dev")
        if device.number != wanted:
            raise NodeError(f"{device.path} is not the device {wanted}", hint="udevadm trigger --subsystem-match=block")
        taken = sample.take(device)
        return sample.take(device, full=True, progress=progress) if full and not taken.data else taken


def _content(disk: Disk, found: dict[str, Any], taken: Sample) -> dict[str, Any]:
    tables = (n for n in sorted(taken.tables) if n != (disk.logical_block or 512))
    foreign = [f"{disk.name}: gpt (made for sectors of {n} bytes)" for n in tables]
    return {"signatures": [*found["signatures"], *foreign], "data": taken.data, "extent": taken.extent}


class _Progress:
    """Counts bytes from all threads, and now and then notes them: in a file beside the result, else on a terminal."""

    def __init__(self, total: int, result: Path | None) -> None:
        self._total, self._result, self._done = total, result, 0
        self._lock, self._noted = threading.Lock(), 0.0

    def __call__(self, length: int) -> None:
        with self._lock:
            self._done += length
            if time.monotonic() - self._noted < _EVERY:
                return
            self._noted = time.monotonic()
            if self._result:
                note = {"done": self._done, "total": self._total}
                order.put(self._result.with_name(self._result.name + ".progress"), json.dumps(note))
            elif sys.stderr.isatty():
                sys.stderr.write(f"\r{100 * self._done // max(1, self._total)} % of {self._total // 10**9} GB read")
