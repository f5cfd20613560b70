"""The system: processors, memory, BIOS, secure boot, its event log."""

from __future__ import annotations

from metalctl.lab.fleet.trees._build import CHASSIS, MANAGER, OK, SYSTEM, Builder, link

UUID = "5e7e5000-1a2b-4c3d-8e4f-0000000000a0"
_RESETS = [
    "On",
    "ForceOff",
    "GracefulShutdown",
    "GracefulRestart",
    "ForceRestart",
    "Nmi",
    "PowerCycle",
    "PushPowerButton",
]
_TARGETS = ["None", "Pxe", "Hdd", "Cd", "UefiHttp", "BiosSetup"]


def add(b: Builder) -> None:
    s = b.server
    reset = {"target": f"{SYSTEM}/Actions/ComputerSystem.Reset", "ResetType@Redfish.AllowableValues": _RESETS}
    b.collect(SYSTEM.rsplit("/", 1)[0], "ComputerSystem", SYSTEM)
    b.add(
        SYSTEM,
        "ComputerSystem.v1_20_0",
        "System",
        SystemType="Physical",
        Manufacturer="Example Systems",
        Model=s.model,
        SerialNumber=b.serial("SYS"),
        SKU=f"{s.role}-1",
        UUID=UUID,
        AssetTag="",
        HostName="",
        PowerState="Off",
        IndicatorLED="Off",
        LocationIndicatorActive=False,
        BiosVersion="1.4.2",
        LastResetTime="2025-01-01T00:00:00Z",
        Status={**OK, "HealthRollup": "OK"},
        Boot=_boot(),
        ProcessorSummary={
            "Count": s.sockets,
            "CoreCount": s.cores * s.sockets,
            "LogicalProcessorCount": s.threads * s.sockets,
            "Model": s.cpu,
            "Status": OK,
        },
        MemorySummary={"TotalSystemMemoryGiB": s.dimms * s.dimm_size, "Status": OK},
        Processors=_processors(b),
        Memory=_memory(b),
        Storage=link(f"{SYSTEM}/Storage"),
        EthernetInterfaces=link(f"{SYSTEM}/EthernetInterfaces"),
        Bios=_bios(b),
        SecureBoot=_secure_boot(b),
        LogServices=_log(b),
        PCIeDevices=[],
        TrustedModules=[
            {"InterfaceType": "TPM2_0", "FirmwareVersion": "7.2.3", "Status": OK},
        ],
        Links={"Chassis": [link(CHASSIS)], "ManagedBy": [link(MANAGER)]},
        Actions={"#ComputerSystem.Reset": reset},
    )


def _boot() -> dict[str, object]:
    return {
        "BootSourceOverrideEnabled": "Disabled",
        "BootSourceOverrideEnabled@Redfish.AllowableValues": ["Disabled", "Once", "Continuous"],
        "BootSourceOverrideTarget": "None",
        "BootSourceOverrideTarget@Redfish.AllowableValues": _TARGETS,
        "BootSourceOverrideMode": "UEFI",
        "BootSourceOverrideMode@Redfish.AllowableValues": ["UEFI", "Legacy"],
        "BootOrder": ["Boot0001", "Boot0002"],
    }


def _processors(b: Builder) -> dict[str, str]:
    s = b.server
    paths = [f"{SYSTEM}/Processors/Cpu-{n}" for n in range(s.sockets)]
    for n, path in enumerate(paths):
        b.add(
            path,
            "Processor.v1_18_0",
            f"Processor {n}",
            Socket=f"CPU{n}",
            ProcessorType="CPU",
            ProcessorArchitecture="x86",
            InstructionSet="x86-64",
            Manufacturer="Advanced Micro Devices, Inc." if s.vendor == "AMD" else "Intel(R) Corporation",
            Model=s.cpu,
            MaxSpeedMHz=3800,
            OperatingSpeedMHz=2500,
            TotalCores=s.cores,
            TotalEnabledCores=s.cores,
            TotalThreads=s.threads,
            SerialNumber=b.serial("CPU"),
            ProcessorId={"MicrocodeInfo": "0x0A101148"},
            Status=OK,
        )
    return b.collect(f"{SYSTEM}/Processors", "Processor", *paths)


def _memory(b: Builder) -> dict[str, str]:
    s = b.server
    per_socket = s.dimm_slots // s.sockets
    names = [f"{'AB'[n // per_socket]}{n % per_socket + 1}" for n in range(s.dimm_slots)]
    # Populated alike on each socket, the first slot of every channel before any second one.
    full = {name for name in names if int(name[1:]) <= s.dimms // s.sockets}
    paths = [f"{SYSTEM}/Memory/Dimm-{name}" for name in names]
    for name, path in zip(names, paths, strict=True):
        slot, channel = divmod(int(name[1:]) - 1, s.channels)
        where = {"Socket": ord(name[0]) - 65, "Channel": channel, "Slot": slot}
        holds = _module(b) if name in full else {"CapacityMiB": None, "Status": {"State": "Absent"}}
        b.add(path, "Memory.v1_17_0", f"DIMM {name}", DeviceLocator=name, MemoryLocation=where, **holds)
    return b.collect(f"{SYSTEM}/Memory", "Memory", *paths)


def _module(b: Builder) -> dict[str, object]:
    size = b.server.dimm_size
    return {
        "MemoryType": "DRAM",
        "MemoryDeviceType": "DDR5",
        "BaseModuleType": "RDIMM",
        "CapacityMiB": size * 1024,
        "AllowedSpeedsMHz": [4800],
        "OperatingSpeedMhz": 4800,
        "ErrorCorrection": "MultiBitECC",
        "RankCount": 2,
        "Manufacturer": "Example Memory",
        "PartNumber": f"EX{size}G4800",
        "SerialNumber": b.serial("MEM"),
        "Status": OK,
    }


def _bios(b: Builder) -> dict[str, str]:
    virtualization = ("SvmMode", "Iommu") if b.server.vendor == "AMD" else ("VtForX", "VtForDirectIo")
    attributes = {
        "BootMode": "Uefi",
        **dict.fromkeys(virtualization, "Enabled"),
        "SriovGlobalEnable": "Enabled",
        "LogicalProc": "Enabled",
        "SysProfile": "PerfOptimized",
        "AcPwrRcvry": "Last",
        "PxeDev1EnDis": "Enabled",
        "NumLock": "On",
        "SetupPasswordSet": False,
        "AcPwrRcvryDelay": 0,
    }
    settings = b.add(f"{SYSTEM}/Bios/Settings", "Bios.v1_2_1", "Pending BIOS Settings", Attributes={})
    b.add(
        f"{SYSTEM}/Bios",
        "Bios.v1_2_1",
        "BIOS",
        AttributeRegistry="ExampleBiosRegistry.v1_0_0",
        Attributes=attributes,
        **{"@Redfish.Settings": {"SettingsObject": settings, "SupportedApplyTimes": ["OnReset"]}},
    )
    return link(f"{SYSTEM}/Bios")


def _secure_boot(b: Builder) -> dict[str, str]:
    state = {"SecureBootEnable": False, "SecureBootCurrentBoot": "Disabled", "SecureBootMode": "UserMode"}
    return b.add(f"{SYSTEM}/SecureBoot", "SecureBoot.v1_1_0", "Secure Boot", **state)


def _log(b: Builder) -> dict[str, str]:
    log = f"{SYSTEM}/LogServices/Sel"
    paths = [f"{log}/Entries/{n}" for n in (1, 2)]
    for n, path in enumerate(paths, 1):
        b.add(
            path,
            "LogEntry.v1_15_0",
            f"Entry {n}",
            EntryType="SEL",
            Severity="OK",
            Created=f"2025-01-01T00:0{n}:00Z",
            Message=("Power supply 1 is present.", "The chassis is closed.")[n - 1],
        )
    entries = b.collect(f"{log}/Entries", "LogEntry", *paths)
    clear = {"#LogService.ClearLog": {"target": f"{log}/Actions/LogService.ClearLog"}}
    b.add(log, "LogService.v1_5_0", "System Event Log", LogEntryType="SEL", Entries=entries, Actions=clear, Status=OK)
    return b.collect(f"{SYSTEM}/LogServices", "LogService", log)
