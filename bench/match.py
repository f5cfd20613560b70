"""`./dev bench match`: 10,000 stored inventories against a profile, read from the store one after another.

Figures: match_10000_s, matches_per_s, rss_mb. There is no peer that stores inventories and matches them; the figure
stands alone. The inventories are synthetic: one compute node varied in serials, memory and ports.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine, select

from metalctl.content import profiles
from metalctl.model.codec import decode
from metalctl.model.identity import Identity
from metalctl.model.inventory import Cpu, Dimm, Disk, Inventory, Memory, Nic
from metalctl.model.match import match
from metalctl.store import evidence, schema
from metalctl.store.database import open_database, sqlite_url

COUNT = 10_000


def main(words: list[str]) -> int:
    """Measure and print; exit code 1 when a node that should fail passed or the other way round."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(sqlite_url(Path(folder) / "bench.db"))
        with database.begin() as connection:
            for number in range(COUNT):
                evidence.add_inventory(connection, f"n{number}", f"e{number}", "in-band", _inventory(number))
        profile = profiles.load("compute")
        begun = time.perf_counter()
        failed = sum(any(f.blocks for f in match(found, profile)) for found in _stored(database))
        seconds = time.perf_counter() - begun
        database.dispose()
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"match_10000_s": seconds, "matches_per_s": COUNT / seconds, "rss_mb": rss, "failed": failed}
    sys.stdout.write("\n".join(f"{name:<16} {value:12.2f}" for name, value in figures.items()) + "\n")
    if "--json" in words:
        sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if failed >= COUNT // 10 else 1


def _stored(database: Engine) -> Iterator[Inventory]:
    with database.connect().execution_options(stream_results=True, yield_per=200) as connection:
        for (data,) in connection.execute(select(schema.inventories.c.data)):
            yield decode(Inventory, data)


def _inventory(number: int) -> Inventory:
    """Every tenth node lacks a memory module."""
    dimms = tuple(Dimm(f"A{slot}", 32 << 30, "DDR4", 3200, 3200, serial=f"{number}-{slot}") for slot in range(16))
    if number % 10 == 0:
        dimms = (*dimms[:-1], replace(dimms[-1], size=0))
    total = sum(d.size for d in dimms)
    os_disk = Disk("sda", "ssd", 480_000_000_000, False, f"S{number}")
    data = Disk("nvme0n1", "nvme", 3_840_000_000_000, False, f"N{number}")
    nics = tuple(
        Nic(
            f"ens{p}",
            f"52:54:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}:{p:02x}",
            25_000_000_000,
            "full",
            True,
        )
        for p in range(2)
    )
    cpu = Cpu("EPYC", "AMD", "x86_64", 2, 64, 128, "amd-v", kvm=True, iommu=True)
    memory = Memory(int(total * 0.985), dimms, True)
    return Inventory("in-band", Identity(f"SN{number}"), cpu=cpu, memory=memory, disks=(os_disk, data), nics=nics)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
