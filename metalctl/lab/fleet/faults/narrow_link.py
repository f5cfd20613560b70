"""An NVMe drive runs on half of its PCIe lanes: badly seated, or a pin of its connector is bent."""

from __future__ import annotations

from metalctl.lab.fleet.faults._drives import OneDrive


class Broken(OneDrive):
    """The parameter is the kind, which has to be nvme. The PCIe device that the drive is has half of its lanes in use."""

    default = "nvme"

    def damage(self) -> None:
        """The lanes in use, where the drive leads to a device that states them."""
        _, drive = self.drive()
        links = drive.get("Links")
        functions = links.get("PCIeFunctions") if isinstance(links, dict) else None
        for function in functions if isinstance(functions, list) else ():
            path = self.bmc.library.canonical(str(function.get("@odata.id", "")).partition("/PCIeFunctions/")[0])
            interface = (self.bmc.resource(path) or {}).get("PCIeInterface")
            lanes = interface.get("MaxLanes") if isinstance(interface, dict) else None
            if isinstance(lanes, int) and lanes > 1:
                self.bmc.update(path, PCIeInterface={**interface, "LanesInUse": lanes // 2})
                return
        raise self.refusal("no PCIe device of the drive states its lanes")
