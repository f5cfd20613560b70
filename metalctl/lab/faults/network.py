"""Faults of the network: the fastest adapter of a machine, which its bond is made of, and its cables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from metalctl.lab.faults.base import Fault, needs
from metalctl.lab.faults.hardware import Hardware, Resource
from metalctl.lab.spec import Nic, Node


class OneAdapter(Hardware):
    """A fault of the fastest adapter, or of one of its ports."""

    def adapter(self) -> tuple[str, Resource]:
        """The adapter with the fastest port; the first of several."""
        adapters = self.parts("NetworkAdapter", lambda one: bool(one.get("Controllers")))
        if not adapters:
            raise self.refusal("there is no network adapter")
        return max(adapters.items(), key=lambda one: max(map(_speed, self.ports(one[0]).values()), default=0.0))

    def ports(self, adapter: str) -> dict[str, Resource]:
        return {path: port for path, port in self.parts("Port").items() if path.startswith(f"{adapter}/")}

    def port(self, of_port: dict[str, Any], of_interface: dict[str, Any]) -> None:
        """Changes the adapter's first free port, and the same port as the system sees it."""
        for path, port in self.ports(self.adapter()[0]).items():
            ethernet = port.get("Ethernet")
            macs = ethernet.get("AssociatedMACAddresses", []) if isinstance(ethernet, dict) else []
            if macs and self.free(path):
                self.took.append(path)
                self.bmc.update(path, **of_port)
                for interface, seen in self.parts("EthernetInterface").items():
                    if seen.get("MACAddress") in macs:
                        self.bmc.update(interface, **of_interface)
                return
        raise self.refusal("there is no (other) port with a MAC address")


class Nic10G(OneAdapter, name="nic-10g", rack=("nic-10g",)):
    """A port of the fastest network card runs at less than it can (default 10 Gb/s): cable, optic or switch port."""

    default = "10"
    numeric = True

    def damage(self) -> None:
        """The speed in both views; what the port can do stays."""
        gbps = float(self.parameter)
        self.port({"CurrentSpeedGbps": gbps}, {"SpeedMbps": round(gbps * 1000)})

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        """The first NIC; the others stay as declared."""
        return replace(node, nics=(Nic(speed=10_000), *node.nics[1:]))


class NicNoLink(OneAdapter, name="nic-no-link"):
    """A port of the fastest network card has no link: its cable is not plugged in."""

    def damage(self) -> None:
        """A port without a link has no speed."""
        self.port({"LinkStatus": "LinkDown", "CurrentSpeedGbps": 0}, {"LinkStatus": "LinkDown", "SpeedMbps": 0})


class NicFirmwareOld(OneAdapter, name="nic-firmware-old"):
    """The fastest network card has an old firmware (default 14.20.1010)."""

    default = "14.20.1010"

    def damage(self) -> None:
        """In the adapter, in the PCIe device of that model, and in the firmware list."""
        path, adapter = self.adapter()
        controllers = [{**one, "FirmwarePackageVersion": self.parameter} for one in adapter["Controllers"]]
        self.bmc.update(path, Controllers=controllers)
        model, part = adapter.get("Model"), str(adapter.get("Id"))
        for device in self.parts("PCIeDevice", lambda one: bool(model) and one.get("Model") == model):
            self.bmc.update(device, FirmwareVersion=self.parameter)
        for listed in self.parts("SoftwareInventory", lambda one: one.get("Id") == part):
            self.bmc.update(listed, Version=self.parameter)


class OneCard(Fault, rack=("one-card",)):
    """All ports are functions of one card, which takes the whole bond with it when it fails."""

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        return replace(_two_nics(node, fault), one_card=True)


class OneSwitch(Fault, rack=("one-switch",)):
    """Both cables go to one switch where a pair of them is there."""

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        return replace(_two_nics(node, fault), one_switch=True)


class SwappedCable(Fault, rack=("swapped-cable",)):
    """The cables of the first two NICs are swapped: each is in the other one's switch port."""

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        return replace(_two_nics(node, fault), crossed=True)


def _two_nics(node: Node, fault: str) -> Node:
    needs(node, fault, len(node.nics) >= 2, "one NIC", "nics: 2")
    return node


def _speed(port: Resource) -> float:
    """Gb/s, 0.0 when not stated."""
    now = port.get("CurrentSpeedGbps")
    return float(now) if isinstance(now, (int, float)) else 0.0
