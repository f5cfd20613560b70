"""Manager, LogService, LogEntry, UpdateService, SoftwareInventory (DSP8010: schemas of these names)."""

from __future__ import annotations

from metalctl.bmc.redfish.schema.fields import Part, Ref, Refs, Schema, Text, Word


class ManagerSchema(Part):
    """Manager."""

    clock = Text("DateTime")
    clock_zone = Text("DateTimeLocalOffset")
    interfaces = Ref("EthernetInterfaces")
    log_services = Ref("LogServices")
    servers = Refs("Links.ManagerForServers")


class LogService(Schema):
    """LogService. kind: "SEL", "Event", "OEM"… or "" before LogService 1.1."""

    id = Text("Id", "Name")
    kind = Text("LogEntryType")
    entries = Ref("Entries")


class LogEntrySchema(Schema):
    """LogEntry."""

    created = Text("Created", "EventTimestamp")
    severity = Word("Severity")
    message = Text("Message", "Name")
    sensor = Text("SensorType", "SensorNumber")


class UpdateService(Schema):
    """UpdateService."""

    firmware = Ref("FirmwareInventory")


class Software(Part):
    """SoftwareInventory: one firmware."""

    name = Text("Name", "Id")
    version = Text("Version")
    released = Text("ReleaseDate")
    about = Text("Description")
