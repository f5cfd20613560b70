"""The fastest network adapter of a machine: the one that its bond is made of."""

from __future__ import annotations

from typing import Any

from metalctl.lab.fleet.faults._hardware import Hardware, Resource


class OneAdapter(Hardware):
    """A fault of the fastest adapter, or of one of its ports."""

    def adapter(self) -> tuple[str, Resource]:
        """The adapter with the fastest port; the first of several."""
        adapters = self.parts("NetworkAdapter", lambda one: bool(one.get("Controllers")))
        if not adapters:
            raise self.refusal("there is no network adapter")
        return max(adapters.items(), key=lambda one: max(map(speed, self.ports(one[0]).values()), default=0.0))

    def ports(self, adapter: str) -> dict[str, Resource]:
        """Its ports."""
        return {path: port for path, port in self.parts("Port").items() if path.startswith(f"{adapter}/")}

    def port(self, of_port: dict[str, Any], of_interface: dict[str, Any]) -> str:
        """Changes the adapter's first free port, and the same port as the system sees it; gives its MAC address."""
        for path, port in self.ports(self.adapter()[0]).items():
            ethernet = port.get("Ethernet")
            macs = ethernet.get("AssociatedMACAddresses", []) if isinstance(ethernet, dict) else []
            if macs and self.free(path):
                self.took.append(path)
                self.bmc.update(path, **of_port)
                for interface, seen in self.parts("EthernetInterface").items():
                    if seen.get("MACAddress") in macs:
                        self.bmc.update(interface, **of_interface)
                return str(macs[0])
        raise self.refusal("there is no (other) port with a MAC address")


def speed(port: Resource) -> float:
    """Gb/s, 0.0 when not stated."""
    now = port.get("CurrentSpeedGbps")
    return float(now) if isinstance(now, (int, float)) else 0.0
