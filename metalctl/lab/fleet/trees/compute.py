"""OpenStack hypervisor: 2 × 32 cores, 768 GiB, two SATA SSDs and two NVMe drives, 2 × 25 GbE."""

from __future__ import annotations

from metalctl.lab.fleet.trees._spec import DriveSpec, NicSpec, Server

SERVER = Server(
    role="compute",
    model="Example H2",
    cpu="AMD EPYC 9354 32-Core Processor",
    vendor="AMD",
    sockets=2,
    cores=32,
    threads=64,
    dimms=24,
    dimm_slots=24,
    dimm_size=32,
    drives=(
        DriveSpec(2, "Example SATA 480", "SSD", "SATA", 480_103_981_056),
        DriveSpec(2, "Example NVMe 1920", "SSD", "NVMe", 1_920_383_410_176),
    ),
    nics=(NicSpec("Example 25G", "Example Networks", 2, 25_000), NicSpec("Example 1G", "Example Networks", 2, 1_000)),
)
