"""OpenStack control plane: 2 × 16 cores, 384 GiB, SATA SSDs for the system, NVMe for database and queue, 2 × 25 GbE."""

from __future__ import annotations

from metalctl.lab.fleet.trees._spec import DriveSpec, NicSpec, Server

SERVER = Server(
    role="controller",
    model="Example C1",
    cpu="AMD EPYC 9124 16-Core Processor",
    vendor="AMD",
    sockets=2,
    cores=16,
    threads=32,
    dimms=24,
    dimm_slots=24,
    channels=12,
    dimm_size=16,
    drives=(
        DriveSpec(2, "SAMSUNG MZ7L3480HCHQ-00A07", "SSD", "SATA", 480_103_981_056, firmware="JXTC104Q"),
        DriveSpec(2, "SAMSUNG MZQL2960HCJR-00A07", "SSD", "NVMe", 960_197_124_096),
    ),
    nics=(
        NicSpec("ConnectX-6 Lx EN 25GbE 2-port", "Mellanox Technologies", 2, 25_000, "26.39.1002"),
        NicSpec("Example 1G", "Example Networks", 2, 1_000, "1.67.0"),
    ),
)
