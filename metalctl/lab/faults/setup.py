"""Faults of firmware and its setup, and of processors. Those of setup are repaired by setting the attribute again."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.faults.base import needs
from metalctl.lab.faults.hardware import Hardware
from metalctl.lab.spec import Node

# The BIOS attributes by the names of their makers.
_IOMMU = ("Iommu", "VtForDirectIo", "IommuSupport", "ProcAmdIommu", "ProcAMDIOMMU")
_SMT = ("LogicalProc", "SmtControl", "ProcHyperthreading", "ProcSMT", "HyperThreading")
_VIRTUALIZATION = (
    "SvmMode", "VtForX", "ProcVirtualization", "ProcAmdVirtualization", "IntelVirtualizationTechnology",
)  # fmt: skip


class BiosOld(Hardware, name="bios-old", rack=("bios-old",)):
    """The BIOS is an old one (default 0.9.1)."""

    default = "0.9.1"

    def damage(self) -> None:
        path, system = self.system()
        before = system.get("BiosVersion")
        if not before:
            raise self.refusal("the system does not report its BIOS version")
        self.bmc.update(path, BiosVersion=self.parameter)
        listed = self.parts(
            "SoftwareInventory", lambda one: one.get("Version") == before and "BIOS" in str(one.get("Name"))
        )
        for one in listed:
            self.bmc.update(one, Version=self.parameter)

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        return replace(node, bios="0.9.1")


class LegacyBoot(Hardware, name="legacy-boot", rack=("legacy-boot",)):
    """The machine boots in legacy (BIOS) mode instead of UEFI."""

    def damage(self) -> None:
        path, system = self.system()
        boot = system.get("Boot")
        if not isinstance(boot, dict) or "BootSourceOverrideMode" not in boot:
            raise self.refusal("the system does not report its boot mode")
        self.bmc.update(path, Boot={**boot, "BootSourceOverrideMode": "Legacy"})
        self.setting(("BootMode",), "Bios", needed=False)

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        needs(node, fault, node.firmware != "bios", "firmware: bios", "firmware: uefi")
        return replace(node, firmware="bios")


class TpmOff(Hardware, name="tpm-off"):
    """The TPM is hidden in firmware setup, or none is fitted."""

    def damage(self) -> None:
        path, system = self.system()
        if not system.get("TrustedModules"):
            raise self.refusal("there is no TPM")
        self.bmc.update(path, TrustedModules=[])


class IommuOff(Hardware, name="iommu-off", rack=("iommu-off",)):
    """The IOMMU (AMD-Vi, VT-d) is off in firmware setup; out-of-band only the BIOS attribute tells (`settings`)."""

    def damage(self) -> None:
        self.setting(_IOMMU, "Disabled")

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        needs(node, fault, node.iommu, "no IOMMU", "iommu: true")
        return replace(node, iommu=False)


class VirtualizationOff(Hardware, name="virtualization-off", rack=("svm-off",)):
    """AMD-V or VT-x is off in firmware setup; out-of-band only the BIOS attribute tells (a profile's `settings`)."""

    def damage(self) -> None:
        self.setting(_VIRTUALIZATION, "Disabled")

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        return replace(node, virtualization=False)


class SmtOff(Hardware, name="smt-off", rack=("smt-off",)):
    """SMT (Hyper-Threading) is off in firmware setup: one thread a core."""

    def damage(self) -> None:
        sockets = self.parts("Processor", lambda one: bool(one.get("TotalCores")) and "TotalThreads" in one)
        if not sockets:
            raise self.refusal("no processor reports its cores and threads")
        for path, socket in sockets.items():
            self.bmc.update(path, TotalThreads=socket["TotalCores"])
        self.summarize("ProcessorSummary", LogicalProcessorCount=sum(one["TotalCores"] for one in sockets.values()))
        self.setting(_SMT, "Disabled", needed=False)

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        needs(node, fault, node.threads != 1, "one thread a core", "threads: 2")
        return replace(node, vcpus=node.vcpus // node.threads, threads=1)


class MixedMicrocode(Hardware, name="mixed-microcode"):
    """One processor runs another microcode than the others."""

    default = "0x0A101100"

    def damage(self) -> None:
        sockets = self.parts("Processor", lambda one: one.get("ProcessorType") in ("CPU", None, ""))
        if len(sockets) < 2:
            raise self.refusal("there are no two processors")
        path, last = list(sockets.items())[-1]
        stated = last.get("ProcessorId")
        known = stated if isinstance(stated, dict) else {}
        self.bmc.update(path, ProcessorId={**known, "MicrocodeInfo": self.parameter})
