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
    channels=8,
    dimm_size=16,
    drives=(
        DriveSpec(12, "ST8000NM001A", "HDD", "SAS", 8_001_563_222_016, 7200, "Seagate", "E002"),
        DriveSpec(2, "SAMSUNG MZ7L3480HCHQ-00A07", "SSD", "SATA", 480_103_981_056, firmware="JXTC104Q"),
        DriveSpec(2, "INTEL SSDPF2KE016T1", "SSD", "NVMe", 1_600_321_314_816, maker="Intel", firmware="9CV10450"),
    ),
    nics=(
        NicSpec("ConnectX-6 Lx EN 25GbE 2-port", "Mellanox Technologies", 2, 25_000, "26.39.1002"),
        NicSpec("Example 1G", "Example Networks", 2, 1_000, "1.67.0"),
    ),
    fans=8,
)
