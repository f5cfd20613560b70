"""OpenStack control plane: 2 × 16 cores, 256 GiB, SATA SSDs for the system, NVMe for database and queue, 2 × 25 GbE."""

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
    dimms=16,
    dimm_slots=24,
    dimm_size=16,
    drives=(
        DriveSpec(2, "Example SATA 480", "SSD", "SATA", 480_103_981_056),
        DriveSpec(2, "Example NVMe 960", "SSD", "NVMe", 960_197_124_096),
    ),
    nics=(NicSpec("Example 25G", "Example Networks", 2, 25_000), NicSpec("Example 1G", "Example Networks", 2, 1_000)),
)
