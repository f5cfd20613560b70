"""ComputerSystem, Processor, Memory, Bios, SecureBoot (DSP8010: schemas of these names)."""

from __future__ import annotations

from metalctl.bmc.redfish.schema.fields import Flag, Many, Number, Part, Ref, Refs, Schema, Text, Values, Whole, Word


class TrustedModule(Schema):
    """ComputerSystem.TrustedModules. interface: "tpm20"…"""

    interface = Word("InterfaceType")
    vendor = Text("Manufacturer", "Oem.Manufacturer")
    firmware = Text("FirmwareVersion")


class System(Part):
    """ComputerSystem: who it is, and the way to all that it has."""

    uuid = Text("UUID")
    sku = Text("SKU")
    asset_tag = Text("AssetTag")
    bios_version = Text("BiosVersion")
    power_state = Text("PowerState")
    boot_mode = Word("Boot.BootSourceOverrideMode")
    memory_gib = Number("MemorySummary.TotalSystemMemoryGiB")
    sockets = Whole("ProcessorSummary.Count")
    trusted_modules = Many("TrustedModules", TrustedModule)
    processors = Ref("Processors")
    memory = Ref("Memory")
    storage = Ref("Storage")
    simple_storage = Ref("SimpleStorage")
    interfaces = Ref("EthernetInterfaces")
    network_interfaces = Ref("NetworkInterfaces")
    bios = Ref("Bios")
    secure_boot = Ref("SecureBoot")
    log_services = Ref("LogServices")
    pcie_devices = Refs("PCIeDevices")
    chassis = Refs("Links.Chassis")
    managers = Refs("Links.ManagedBy")


class ProcessorSummary(Schema):
    """ComputerSystem.ProcessorSummary, read from the system."""

    model = Text("ProcessorSummary.Model")
    count = Whole("ProcessorSummary.Count")
    cores = Whole("ProcessorSummary.CoreCount")
    threads = Whole("ProcessorSummary.LogicalProcessorCount")


class Processor(Part):
    """Processor. kind: "cpu", "gpu", "fpga"… ("" in old schemas means CPU)."""

    kind = Word("ProcessorType")
    socket = Text("Socket", "Id")
    vendor_id = Text("ProcessorId.VendorId")
    architecture = Word("InstructionSet", "ProcessorArchitecture")
    cores = Whole("TotalCores")
    threads = Whole("TotalThreads")
    microcode = Text("ProcessorId.MicrocodeInfo", "AdditionalFirmwareVersions.Microcode")
    base_mhz = Number("BaseSpeedMHz")
    max_mhz = Number("MaxSpeedMHz")


class MemoryModule(Part):
    """Memory: one slot, filled or empty. Speeds in MT/s, although Redfish says MHz."""

    locator = Text("DeviceLocator")
    label = Text("Location.PartLocation.ServiceLabel")
    capacity_mib = Number("CapacityMiB")
    kind = Text("MemoryDeviceType")
    speeds = Values("AllowedSpeedsMHz")
    configured = Whole("OperatingSpeedMhz")
    ranks = Whole("RankCount")
    correction = Word("ErrorCorrection")
    media = Text("MemoryType")
    modes = Values("OperatingMemoryModes")
    volatile_mib = Number("VolatileSizeMiB")
    kept_mib = Number("NonVolatileSizeMiB")
    cache_mib = Number("CacheSizeMiB")
    cxl = Ref("CXL")
    channel = Whole("MemoryLocation.Channel")
    controller = Whole("MemoryLocation.MemoryController")
    socket = Whole("MemoryLocation.Socket")
    processors = Refs("Links.Processors")


class SecureBoot(Schema):
    """SecureBoot. current: as the machine booted last; wanted: as it will boot next."""

    current = Flag("SecureBootCurrentBoot")
    wanted = Flag("SecureBootEnable")


class Bios(Schema):
    """Bios: the settings by the firmware's own names."""

    attributes = Ref("Attributes")
