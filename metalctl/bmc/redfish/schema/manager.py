"""Manager, LogService, LogEntry, UpdateService, SoftwareInventory (DSP8010: schemas of these names)."""

from __future__ import annotations

from metalctl.bmc.redfish.schema.fields import Record, Ref, Refs, Text, Word


class ManagerRecord(Record):
    """Manager."""

    model = Text("Model")
    firmware = Text("FirmwareVersion")
    clock = Text("DateTime")
    clock_zone = Text("DateTimeLocalOffset")
    interfaces = Ref("EthernetInterfaces")
    log_services = Ref("LogServices")
    servers = Refs("Links.ManagerForServers")


class LogService(Record):
    """LogService. kind: "SEL", "Event", "OEM"… or "" before LogService 1.1."""

    id = Text("Id", "Name")
    kind = Text("LogEntryType")
    entries = Ref("Entries")


class LogEntryRecord(Record):
    """LogEntry."""

    created = Text("Created", "EventTimestamp")
    severity = Word("Severity")
    message = Text("Message", "Name")
    sensor = Text("SensorType", "SensorNumber")


class UpdateService(Record):
    """UpdateService."""

    firmware = Ref("FirmwareInventory")


class Software(Record):
    """SoftwareInventory: one firmware."""

    id = Text("Id")
    name = Text("Name", "Id")
    version = Text("Version")
    manufacturer = Text("Manufacturer")
    released = Text("ReleaseDate")
    about = Text("Description")
