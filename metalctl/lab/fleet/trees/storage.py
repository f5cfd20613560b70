"""Ceph OSD host: 2 × 20 cores, 256 GiB, 12 hard disks, 2 NVMe drives for WAL and DB, 2 SSDs, 2 × 25 GbE."""

from __future__ import annotations

from metalctl.lab.fleet.trees._spec import DriveSpec, NicSpec, Server

SERVER = Server(
    role="storage",
    model="Example S12",
    cpu="Intel(R) Xeon(R) Silver 4416+",
    vendor="Intel",
    sockets=2,
    cores=20,
    threads=40,
    dimms=16,
    dimm_slots=32,
    dimm_size=16,
    drives=(
        DriveSpec(12, "Example HDD 8T", "HDD", "SAS", 8_001_563_222_016, 7200),
        DriveSpec(2, "Example SATA 480", "SSD", "SATA", 480_103_981_056),
        DriveSpec(2, "Example NVMe 1600", "SSD", "NVMe", 1_600_321_314_816),
    ),
    nics=(NicSpec("Example 25G", "Example Networks", 2, 25_000), NicSpec("Example 1G", "Example Networks", 2, 1_000)),
    fans=8,
)
