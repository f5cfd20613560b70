"""Chassis, Power, Thermal, PowerSupply, Fan, Sensor, PCIeDevice (DSP8010: schemas of these names).

Power and Thermal are deprecated since 2020.4 in favour of PowerSubsystem, ThermalSubsystem and Sensors, and are all
that many machines in racks have.
"""

from __future__ import annotations

from metalctl.bmc.redfish.schema.fields import Many, Number, Part, Ref, Refs, Schema, Text, Whole, Word


class Chassis(Schema):
    """Chassis."""

    serial = Text("SerialNumber")
    power = Ref("Power")
    thermal = Ref("Thermal")
    power_subsystem = Ref("PowerSubsystem")
    thermal_subsystem = Ref("ThermalSubsystem")
    sensors = Ref("Sensors")
    adapters = Ref("NetworkAdapters")
    pcie_devices = Ref("PCIeDevices")
    kind = Text("ChassisType")
    systems = Refs("Links.ComputerSystems")
    drives = Refs("Links.Drives")
    drive_list = Ref("Drives")
    contains = Refs("Links.Contains")
    contained_by = Refs("Links.ContainedBy")


class InputRange(Schema):
    """PowerSupply.InputRanges, of Power (volts and OutputWattage) and of a PowerSubsystem ("AC200To240V", watts)."""

    watts = Number("OutputWattage", "CapacityWatts")
    lowest = Number("MinimumVoltage")
    highest = Number("MaximumVoltage")
    nominal = Text("NominalVoltageType")


class PowerSupply(Part):
    """Power.PowerSupplies, or PowerSupply of a PowerSubsystem."""

    label = Text("PhysicalLocation.PartLocation.ServiceLabel", "Location.PartLocation.ServiceLabel")
    id = Text("MemberId", "Id")
    watts = Number("PowerCapacityWatts")
    ranges = Many("InputRanges", InputRange)
    nominal = Text("InputNominalVoltageType", "LineInputVoltageType")
    volts = Number("LineInputVoltage", "Metrics.InputVoltage.Reading")
    part_number = Text("PartNumber", "SparePartNumber")


class Reading(Schema):
    """An entry of Power.Voltages, Thermal.Temperatures or Thermal.Fans."""

    name = Text("Name", "FanName", "MemberId")
    volts = Number("ReadingVolts")
    celsius = Number("ReadingCelsius")
    fan = Number("Reading", "ReadingRPM")
    unit = Text("ReadingUnits")
    upper = Number("UpperThresholdCritical")
    lower = Number("LowerThresholdCritical")


class PowerControl(Schema):
    """Power.PowerControl."""

    name = Text("Name")
    watts = Number("PowerConsumedWatts")


class Power(Schema):
    """Power."""

    supplies = Many("PowerSupplies", PowerSupply)
    voltages = Many("Voltages", Reading)
    control = Many("PowerControl", PowerControl)


class Thermal(Schema):
    """Thermal."""

    temperatures = Many("Temperatures", Reading)
    fans = Many("Fans", Reading)


class Subsystem(Schema):
    """PowerSubsystem or ThermalSubsystem."""

    supplies = Ref("PowerSupplies")
    fans = Ref("Fans")


class Fan(Schema):
    """Fan of a ThermalSubsystem."""

    name = Text("Name", "Id")
    rpm = Number("SpeedPercent.SpeedRPM")
    percent = Number("SpeedPercent.Reading")


class SensorSchema(Schema):
    """Sensor."""

    name = Text("Name", "Id")
    kind = Word("ReadingType")
    reading = Number("Reading")
    unit = Text("ReadingUnits")
    upper = Number("Thresholds.UpperCritical.Reading")
    lower = Number("Thresholds.LowerCritical.Reading")


class PcieDeviceSchema(Part):
    """PCIeDevice."""

    sku = Text("SKU")
    slot = Text("Slot.Location.PartLocation.ServiceLabel")
    generation = Word("PCIeInterface.PCIeType")
    max_generation = Word("PCIeInterface.MaxPCIeType")
    lanes = Whole("PCIeInterface.LanesInUse")
    max_lanes = Whole("PCIeInterface.MaxLanes")
