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
    channels=12,
    dimm_size=32,
    drives=(
        DriveSpec(2, "SAMSUNG MZ7L3480HCHQ-00A07", "SSD", "SATA", 480_103_981_056, firmware="JXTC104Q"),
        DriveSpec(2, "SAMSUNG MZQL21T9HCJR-00A07", "SSD", "NVMe", 1_920_383_410_176),
    ),
    nics=(
        NicSpec("ConnectX-6 Lx EN 25GbE 2-port", "Mellanox Technologies", 2, 25_000, "26.39.1002"),
        NicSpec("Example 1G", "Example Networks", 2, 1_000, "1.67.0"),
    ),
)
