"""Processors, their caches, and the NUMA nodes that they and the memory make up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cache:
    """A level of processor cache. kind: "data", "instruction" or "unified"; size in bytes; count over the machine."""

    level: int
    kind: str
    size: int
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """One populated processor socket. health: as the BMC says, see PowerSupply."""

    socket: str
    model: str = ""
    cores: int | None = None
    threads: int | None = None
    microcode: str = ""
    serial: str = ""
    part_number: str = ""
    health: str = ""


@dataclass(frozen=True, slots=True)
class NumaNode:
    """A NUMA node: its processors (as the kernel lists them: "0-15,32-47") and memory in bytes."""

    node: int
    cpus: str = ""
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Cpu:
    """The processors together. virtualization: "vt-x", "amd-v" or "" (the flag); kvm: /dev/kvm opened.

    firmware_locked: VT-x or AMD-V exists in silicon and the firmware has locked it off.
    """

    model: str = ""
    vendor: str = ""
    architecture: str = ""
    sockets: int | None = None
    cores: int | None = None
    threads: int | None = None
    virtualization: str | None = None
    kvm: bool | None = None
    kvm_reason: str = ""
    iommu: bool | None = None
    microcode: tuple[str, ...] = ()
    smt: bool | None = None
    firmware_locked: bool | None = None
    base_mhz: float | None = None
    max_mhz: float | None = None
    flags: tuple[str, ...] = ()
    caches: tuple[Cache, ...] = ()
    packages: tuple[Package, ...] = ()
