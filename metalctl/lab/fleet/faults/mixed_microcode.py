"""One processor runs another microcode than the others."""

from __future__ import annotations

from metalctl.lab.fleet.faults._hardware import Hardware


class Broken(Hardware):
    """The parameter is the odd microcode."""

    default = "0x0A101100"

    def damage(self) -> None:
        """The last socket's."""
        sockets = self.parts("Processor", lambda one: one.get("ProcessorType") in ("CPU", None, ""))
        if len(sockets) < 2:
            raise self.refusal("there are no two processors")
        path, last = list(sockets.items())[-1]
        stated = last.get("ProcessorId")
        known = stated if isinstance(stated, dict) else {}
        self.bmc.update(path, ProcessorId={**known, "MicrocodeInfo": self.parameter})
