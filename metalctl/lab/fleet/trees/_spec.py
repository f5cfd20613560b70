"""What a synthetic server is made of."""

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
    nics: tuple[NicSpec, ...]
    watts: int = 1400
    fans: int = 6
