"""What a synthetic server is made of, and the servers that there are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DriveSpec:
    """count drives alike. media: "HDD" or "SSD"; protocol: "SATA", "SAS" or "NVMe"; size: bytes.

    model: of a real drive, since the profiles' `drives` know endurance and power-loss protection by it.
    """

    count: int
    model: str
    media: str
    protocol: str
    size: int
    rpm: int = 0
    maker: str = "Samsung"
    firmware: str = "GDC5602Q"


@dataclass(frozen=True, slots=True)
class NicSpec:
    """One adapter. speed: Mb/s a port; firmware: at or above the baseline of profiles/base.yaml for that model."""

    model: str
    manufacturer: str
    ports: int
    speed: int
    firmware: str


@dataclass(frozen=True, slots=True)
class Server:
    """dimm_size: GiB each; cores, threads and channels: of one socket; watts: of one power supply."""

    role: str
    model: str
    cpu: str
    vendor: str
    sockets: int
    cores: int
    threads: int
    dimms: int
    dimm_slots: int
    channels: int
    dimm_size: int
    drives: tuple[DriveSpec, ...]
    nics: tuple[NicSpec, ...] = (
        NicSpec("ConnectX-6 Lx EN 25GbE 2-port", "Mellanox Technologies", 2, 25_000, "26.39.1002"),
        NicSpec("Example 1G", "Example Networks", 2, 1_000, "1.67.0"),
    )
    watts: int = 1400
    fans: int = 6


_SYSTEM = DriveSpec(2, "SAMSUNG MZ7L3480HCHQ-00A07", "SSD", "SATA", 480_103_981_056, firmware="JXTC104Q")
SERVERS = (
    # OpenStack hypervisor: 2 × 32 cores, 768 GiB, two SATA SSDs and two NVMe drives, 2 × 25 GbE.
    Server(
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
            _SYSTEM,
            DriveSpec(2, "SAMSUNG MZQL21T9HCJR-00A07", "SSD", "NVMe", 1_920_383_410_176),
        ),
    ),
    # OpenStack control plane: 2 × 16 cores, 384 GiB, SATA SSDs for the system, NVMe for database and queue, 2 × 25 GbE.
    Server(
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
            _SYSTEM,
            DriveSpec(2, "SAMSUNG MZQL2960HCJR-00A07", "SSD", "NVMe", 960_197_124_096),
        ),
    ),
    # Ceph OSD host: 2 × 20 cores, 256 GiB, 12 hard disks, 2 NVMe drives for WAL and DB, 2 SSDs, 2 × 25 GbE.
    Server(
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
            _SYSTEM,
            DriveSpec(2, "INTEL SSDPF2KE016T1", "SSD", "NVMe", 1_600_321_314_816, maker="Intel", firmware="9CV10450"),
        ),
        fans=8,
    ),
)
