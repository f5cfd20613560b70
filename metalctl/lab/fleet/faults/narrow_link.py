"""An NVMe drive runs on half of its PCIe lanes: badly seated, or a pin of its connector is bent."""

from __future__ import annotations

from metalctl.lab.fleet.faults._drives import OneDrive


class Broken(OneDrive):
    """The parameter is the kind: only NVMe drives have lanes of their own. Half of them are in use."""

    default = "nvme"

    def damage(self) -> None:
        """The lanes in use, where the drive leads to a device that states them."""
        path = self.device(self.drive()[1])
        interface = (self.bmc.resource(path) or {}).get("PCIeInterface") if path else None
        lanes = interface.get("MaxLanes") if isinstance(interface, dict) else None
        if not isinstance(interface, dict) or not isinstance(lanes, int) or lanes < 2:
            raise self.refusal("no PCIe device of the drive states its lanes")
        self.bmc.update(path, PCIeInterface={**interface, "LanesInUse": lanes // 2})
