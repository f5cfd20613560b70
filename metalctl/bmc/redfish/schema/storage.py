"""Storage, StorageController, Drive, Volume, SimpleStorage (DSP8010: schemas of these names)."""

from __future__ import annotations

from metalctl.bmc.redfish.schema.fields import Flag, Many, Number, Part, Ref, Refs, Schema, Text, Values, Whole, Word


class Cache(Schema):
    """StorageController.CacheSummary."""


class StorageController(Part):
    """Storage.StorageControllers, or StorageController, which replaced it in Storage 1.9."""

    name = Text("Name", "MemberId", "Id")
    raid_types = Values("SupportedRAIDTypes", "RAIDTypes")
    generation = Word("PCIeInterface.PCIeType")
    max_generation = Word("PCIeInterface.MaxPCIeType")
    lanes = Whole("PCIeInterface.LanesInUse")
    max_lanes = Whole("PCIeInterface.MaxLanes")
    functions = Refs("Links.PCIeFunctions")
    cache_summary = Ref("CacheSummary")

    @property
    def cache(self) -> Cache:
        """Its cache module; empty where it states none."""
        return Cache(self.cache_summary)


class Storage(Schema):
    """Storage: a subsystem with its controllers, drives and volumes."""

    id = Text("Id", "Name")
    drives = Refs("Drives")
    controllers_inside = Many("StorageControllers", StorageController)
    controllers = Ref("Controllers")
    volumes = Ref("Volumes")


class Identifier(Schema):
    """Resource.Identifier."""

    format = Word("DurableNameFormat")
    name = Text("DurableName")


class Drive(Part):
    """Drive."""

    id = Text("Id", "Name")
    protocol = Text("Protocol")
    media = Text("MediaType")
    turns = Number("RotationSpeedRPM")
    capacity = Whole("CapacityBytes")
    firmware = Text("Revision", "FirmwareVersion")
    block = Whole("BlockSizeBytes")
    identifiers = Many("Identifiers", Identifier)
    label = Text("PhysicalLocation.PartLocation.ServiceLabel")
    location_type = Text("PhysicalLocation.PartLocation.LocationType")
    ordinal = Whole("PhysicalLocation.PartLocation.LocationOrdinalValue")
    life_left = Number("PredictedMediaLifeLeftPercent")
    failure_predicted = Flag("FailurePredicted")
    indicator = Word("StatusIndicator")
    chassis = Ref("Links.Chassis")
    functions = Refs("Links.PCIeFunctions")
    negotiated = Number("NegotiatedSpeedGbs")
    capable = Number("CapableSpeedGbs")


class Volume(Schema):
    """Volume. level: "raid1"… in RAIDType; before Volume 1.3.1 only VolumeType said it ("mirrored")."""

    name = Text("DisplayName", "Name", "Id")
    level = Word("RAIDType")
    kind = Word("VolumeType")
    capacity = Whole("CapacityBytes")
    drives = Refs("Links.Drives")


class SimpleDevice(Part):
    """SimpleStorage.Devices."""

    capacity = Whole("CapacityBytes")


class SimpleStorage(Schema):
    """SimpleStorage: an old or small BMC's view of its disks."""

    devices = Many("Devices", SimpleDevice)
