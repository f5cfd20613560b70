"""`./dev bench match`: 10,000 stored inventories against a profile, read from the store one after another.

Figures: match_10000_s by the clock, match_10000_cpu_s of the processor (on a busy machine the two differ; both scaled
when `--count N` asks for fewer), matches_per_s, rss_mb (of the whole process, with the filling of the store), failed.
There is no peer that stores inventories and matches them; the figure stands alone. The inventories are synthetic: one
compute node as both sides know it, varied in serials; every tenth lacks a memory module, and exactly these must fail.
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
from metalctl.model.inventory import (
    Cpu,
    Dimm,
    Disk,
    DiskHealth,
    Firmware,
    Inventory,
    Manager,
    Memory,
    Neighbour,
    Nic,
    Package,
    PcieLink,
    PowerSupply,
    Sensor,
)
from metalctl.model.match import match
from metalctl.store import evidence, schema
from metalctl.store.database import open_database, sqlite_url

COUNT = 10_000


def main(words: list[str]) -> int:
    """Measure and print; exit code 1 when a node that should fail passed or the other way round."""
    count = int(words[words.index("--count") + 1]) if "--count" in words else COUNT
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(sqlite_url(Path(folder) / "bench.db"))
        with database.begin() as connection:
            for number in range(count):
                evidence.add_inventory(connection, f"n{number}", f"e{number}", "in-band", _inventory(number))
        profile = profiles.load("compute")
        begun, used = time.perf_counter(), time.process_time()
        failed = sum(any(f.blocks for f in match(found, profile)) for found in _stored(database))
        seconds, busy = time.perf_counter() - begun, time.process_time() - used
        database.dispose()
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    scale = COUNT / count
    figures = {
        "match_10000_s": seconds * scale,
        "match_10000_cpu_s": busy * scale,
        "matches_per_s": count / seconds,
        "rss_mb": rss,
        "failed": failed,
    }
    sys.stdout.write("\n".join(f"{name:<16} {value:12.2f}" for name, value in figures.items()) + "\n")
    if "--json" in words:
        sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if failed == len(range(0, count, 10)) else 1


def _stored(database: Engine) -> Iterator[Inventory]:
    with database.connect().execution_options(stream_results=True, yield_per=200) as connection:
        for (data,) in connection.execute(select(schema.inventories.c.data)):
            yield decode(Inventory, data)


def _inventory(number: int) -> Inventory:
    """One compute node; every tenth lacks a memory module."""
    dimms = tuple(
        Dimm(f"A{slot}", 32 << 30, "DDR4", 3200, 3200, "Acme", "M393A4K40",
             f"{number}-{slot}", 2, str(slot % 8), f"P{slot // 8}")
        for slot in range(16)
    )  # fmt: skip
    if number % 10 == 0:
        dimms = (*dimms[:-1], replace(dimms[-1], size=0))
    total = sum(d.size for d in dimms)
    health = DiskHealth("ok", wear=1.0, hours=12, defects=0, celsius=31.0)
    os_disk = Disk("sda", "ssd", 480_000_000_000, False, f"S{number}", model="MZ7L3480", firmware="1", health=health)
    data = Disk(
        "nvme0n1", "nvme", 3_840_000_000_000, False, f"N{number}", model="SAMSUNG MZQL23T8HCLS", firmware="GDC5902Q",
        link=PcieLink(16.0, 4, 16.0, 4), health=health, endurance_dwpd=1.0, power_loss_protection=True,
    )  # fmt: skip
    cpu = Cpu(
        "EPYC 7543", "AuthenticAMD", "x86_64", 2, 64, 128, "amd-v", kvm=True, iommu=True, microcode=("0xa0011d1",),
        smt=True,
        packages=tuple(Package(f"P{n}", "EPYC 7543", 32, 64, "0xa0011d1") for n in range(2)),
    )  # fmt: skip
    return Inventory(
        "in-band",
        Identity(f"SN{number}", manufacturer="Dell Inc.", product="PowerEdge R7525"),
        boot_mode="uefi",
        cpu=cpu,
        memory=Memory(int(total * 0.985), dimms, True),
        disks=(os_disk, data),
        nics=tuple(_port(number, port) for port in range(2)),
        firmware=(Firmware("bios", "2.10.2"), Firmware("bmc", "7.00.00.00")),
        power_supplies=tuple(PowerSupply(f"PS{n}", True, "ok", 1400.0, 230.0) for n in (1, 2)),
        manager=Manager("iDRAC9", "7.00", clock_offset=0.5, health="ok"),
        sensors=tuple(Sensor(f"Fan {n}", "fan", 7200.0, "rpm", "ok") for n in range(24)),
    )


def _port(number: int, port: int) -> Nic:
    mac = f"52:54:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}:{port:02x}"
    return Nic(
        f"ens{port}", mac, 25_000_000_000, "full", True, "mlx5_core", "22.35.2000 (MT_0359)", f"0000:3b:00.{port}",
        "MT2892 Family [ConnectX-6 Dx]", max_mtu=9978, neighbour=Neighbour("tor1", f"swp{number % 48}"),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
