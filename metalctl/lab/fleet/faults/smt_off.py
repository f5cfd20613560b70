"""SMT (Hyper-Threading) is off in firmware setup: one thread a core."""

from __future__ import annotations

from metalctl.lab.fleet.faults._hardware import Hardware

_NAMES = ("LogicalProc", "SmtControl", "ProcHyperthreading", "ProcSMT", "HyperThreading")


class Broken(Hardware):
    """As many threads as cores in every socket, in the sum, and in the BIOS."""

    def damage(self) -> None:
        """Setting, sockets and summary."""
        sockets = self.parts("Processor", lambda one: bool(one.get("TotalCores")) and "TotalThreads" in one)
        if not sockets:
            raise self.refusal("no processor tells its cores and threads")
        for path, socket in sockets.items():
            self.bmc.update(path, TotalThreads=socket["TotalCores"])
        self.summarize("ProcessorSummary", LogicalProcessorCount=sum(one["TotalCores"] for one in sockets.values()))
        self.setting(_NAMES, "Disabled", needed=False)
