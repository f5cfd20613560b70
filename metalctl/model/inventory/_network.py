"""Ports, what is at their other ends, and bonds."""

from __future__ import annotations

from dataclasses import dataclass

from metalctl.model.inventory._pcie import PcieLink


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What LLDP says is at the other end of a port. chassis: the switch's own id, whatever it is made of."""

    switch: str
    port: str
    switch_mac: str = ""
    port_description: str = ""
    vlan: int | None = None
    chassis: str = ""

    @property
    def identity(self) -> str:
        """What tells the switch from another of the same name, "" when it states no id."""
        return self.chassis or self.switch_mac

    def __str__(self) -> str:
        return f"{self.switch} {self.port}".strip()


@dataclass(frozen=True, slots=True)
class Nic:
    """A physical port. mac: the permanent address, lower case, "" when nobody states it. speed in bit/s, None when down
    or not stated. host_macs: the other addresses that the host sees on it (its partitions, functions, virtual NICs).

    supported: the speeds the port can do, bit/s; sriov: virtual functions it offers; slot: of the adapter.
    neighbours: all that were heard, where they are several: then nobody knows which is at the other end.
    """

    name: str
    mac: str
    speed: int | None = None
    duplex: str = ""
    link: bool | None = None
    driver: str = ""
    firmware: str = ""
    pci: str = ""
    model: str = ""
    mtu: int | None = None
    max_mtu: int | None = None
    neighbour: Neighbour | None = None
    numa_node: int | None = None
    supported: tuple[int, ...] = ()
    fec: str = ""
    sriov: int | None = None
    link_pcie: PcieLink | None = None
    slot: str = ""
    serial: str = ""
    part_number: str = ""
    host_macs: tuple[str, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()

    @property
    def label(self) -> str:
        """How a person finds it: name, MAC and PCI address."""
        return " ".join(p for p in ("nic", self.name, self.mac, self.pci) if p)

    @property
    def several(self) -> str:
        """The neighbours where they are several, for people; "" otherwise."""
        return (
            f"{len(self.neighbours)} neighbours: {' and '.join(map(str, self.neighbours))}" if self.neighbours else ""
        )


@dataclass(frozen=True, slots=True)
class Bond:
    """A kernel bond as it is now. members: permanent MACs; partner_mac all zeroes means no LACP partner."""

    name: str
    mode: str
    members: tuple[str, ...] = ()
    mtu: int | None = None
    speed: int | None = None
    lacp_rate: str = ""
    hash_policy: str = ""
    partner_mac: str = ""
    aggregator_ports: int | None = None
