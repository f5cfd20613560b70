"""The chassis: power supplies, fans, temperatures (old and new schemas alike), PCIe devices."""

from __future__ import annotations

from typing import Any

from metalctl.lab.fleet.trees._build import CHASSIS, MANAGER, OK, SYSTEM, Builder, link

_TEMPERATURES = (("Inlet", "Intake", 22.0, 42.0), ("CPU0", "CPU", 41.0, 95.0), ("CPU1", "CPU", 43.0, 95.0))


def add(b: Builder) -> None:
    drives = [path for path in b.tree if "/Drives/" in path]
    b.collect(CHASSIS.rsplit("/", 1)[0], "Chassis", CHASSIS)
    b.add(
        CHASSIS,
        "Chassis.v1_23_0",
        "Chassis",
        ChassisType="RackMount",
        Manufacturer="Example Systems",
        Model=b.server.model,
        SerialNumber=b.serial("CHS"),
        AssetTag="",
        PowerState="Off",
        IndicatorLED="Off",
        LocationIndicatorActive=False,
        HeightMm=88.9,
        Status=OK,
        Power=_power(b),
        Thermal=_thermal(b),
        PowerSubsystem=_power_subsystem(b),
        ThermalSubsystem=_thermal_subsystem(b),
        Sensors=_sensors(b),
        NetworkAdapters=link(f"{CHASSIS}/NetworkAdapters"),
        PCIeDevices=_pcie(b),
        Drives=b.collect(f"{CHASSIS}/Drives", "Drive", *drives),
        Links={"ComputerSystems": [link(SYSTEM)], "ManagedBy": [link(MANAGER)]},
    )


def _supply(b: Builder, n: int) -> dict[str, Any]:
    return {
        "Manufacturer": "Example Power",
        "Model": f"EXP-{b.server.watts}",
        "SerialNumber": f"PSU{b.server.role[:2].upper()}00000{n}",
        "FirmwareVersion": "00.1B.53",
        "PowerCapacityWatts": b.server.watts,
        "Status": OK,
    }


def _power(b: Builder) -> dict[str, str]:
    supplies = [
        {
            **link(f"{CHASSIS}/Power#/PowerSupplies/{n}"),
            "MemberId": str(n),
            "Name": f"PSU {n + 1}",
            "LineInputVoltage": 230,
            "LastPowerOutputWatts": 160,
            **_supply(b, n),
        }
        for n in range(2)
    ]
    control = [{"MemberId": "0", "Name": "System", "PowerConsumedWatts": 320, "PowerCapacityWatts": b.server.watts}]
    return b.add(f"{CHASSIS}/Power", "Power.v1_7_1", "Power", PowerControl=control, PowerSupplies=supplies, Voltages=[])


def _thermal(b: Builder) -> dict[str, str]:
    temperatures = [
        {
            **link(f"{CHASSIS}/Thermal#/Temperatures/{n}"),
            "MemberId": str(n),
            "Name": f"{name} Temp",
            "ReadingCelsius": reading,
            "UpperThresholdCritical": limit,
            "PhysicalContext": context,
            "Status": OK,
        }
        for n, (name, context, reading, limit) in enumerate(_TEMPERATURES)
    ]
    fans = [
        {
            **link(f"{CHASSIS}/Thermal#/Fans/{n}"),
            "MemberId": str(n),
            "Name": f"Fan {n + 1}",
            "Reading": 6000 + 120 * n,
            "ReadingUnits": "RPM",
            "LowerThresholdCritical": 600,
            "Status": OK,
        }
        for n in range(b.server.fans)
    ]
    return b.add(f"{CHASSIS}/Thermal", "Thermal.v1_7_1", "Thermal", Temperatures=temperatures, Fans=fans)


def _power_subsystem(b: Builder) -> dict[str, str]:
    path = f"{CHASSIS}/PowerSubsystem"
    paths = [f"{path}/PowerSupplies/Psu-{n}" for n in range(2)]
    for n, supply in enumerate(paths):
        b.add(supply, "PowerSupply.v1_5_1", f"PSU {n + 1}", InputNominalVoltageType="AC200To240V", **_supply(b, n))
    supplies = b.collect(f"{path}/PowerSupplies", "PowerSupply", *paths)
    return b.add(path, "PowerSubsystem.v1_1_1", "Power Subsystem", PowerSupplies=supplies, Status=OK)


def _thermal_subsystem(b: Builder) -> dict[str, str]:
    path = f"{CHASSIS}/ThermalSubsystem"
    paths = [f"{path}/Fans/Fan-{n}" for n in range(b.server.fans)]
    for n, fan in enumerate(paths):
        speed = {"Reading": 38.0, "SpeedRPM": 6000 + 120 * n, "DataSourceUri": f"{CHASSIS}/Sensors/Fan-{n}"}
        b.add(fan, "Fan.v1_5_0", f"Fan {n + 1}", SpeedPercent=speed, Status=OK)
    fans = b.collect(f"{path}/Fans", "Fan", *paths)
    return b.add(path, "ThermalSubsystem.v1_3_0", "Thermal Subsystem", Fans=fans, Status=OK)


def _sensors(b: Builder) -> dict[str, str]:
    paths = []
    for name, context, reading, limit in _TEMPERATURES:
        paths.append(f"{CHASSIS}/Sensors/{name}")
        thresholds = {"UpperCritical": {"Reading": limit}}
        _sensor(b, paths[-1], f"{name} Temp", "Temperature", reading, "Cel", context, thresholds)
    for n in range(b.server.fans):
        paths.append(f"{CHASSIS}/Sensors/Fan-{n}")
        _sensor(b, paths[-1], f"Fan {n + 1}", "Rotational", 6000 + 120 * n, "{rev}/min", "Fan", {})
    return b.collect(f"{CHASSIS}/Sensors", "Sensor", *paths)


def _sensor(
    b: Builder, path: str, name: str, kind: str, reading: float, units: str, context: str, thresholds: dict[str, Any]
) -> None:
    told = {"ReadingType": kind, "Reading": reading, "ReadingUnits": units, "PhysicalContext": context}
    b.add(path, "Sensor.v1_9_0", name, **told, Thresholds=thresholds, Status=OK)


def _pcie(b: Builder) -> dict[str, str]:
    listed = f"{CHASSIS}/PCIeDevices"
    paths = [path for path in b.tree if path.startswith(f"{listed}/") and path.count("/") == listed.count("/") + 1]
    for n, nic in enumerate(b.server.nics):
        paths.append(f"{listed}/Slot-{n + 1}")
        interface = {"PCIeType": "Gen4", "MaxPCIeType": "Gen4", "LanesInUse": 8, "MaxLanes": 8}
        b.add(
            paths[-1],
            "PCIeDevice.v1_13_0",
            nic.model,
            Manufacturer=nic.manufacturer,
            Model=nic.model,
            FirmwareVersion=nic.firmware,
            DeviceType="MultiFunction",
            Slot={"Location": {"PartLocation": {"ServiceLabel": f"Slot {n + 1}", "LocationOrdinalValue": n + 1}}},
            PCIeInterface=interface,
            Status=OK,
        )
    return b.collect(listed, "PCIeDevice", *paths)
