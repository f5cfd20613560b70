"""Controllers and drives: SATA and SAS behind one adapter, NVMe on the CPU's own lanes."""

from __future__ import annotations

from metalctl.lab.fleet.trees._build import CHASSIS, OK, SYSTEM, Builder, link
from metalctl.lab.fleet.trees._servers import DriveSpec


def add(b: Builder) -> None:
    subsystems, bay = [], 0
    for name, protocols in (("Hba-0", ("SATA", "SAS")), ("Nvme-0", ("NVMe",))):
        drives = []
        for spec in b.server.drives:
            for _ in range(spec.count if spec.protocol in protocols else 0):
                drives.append(_drive(b, f"{SYSTEM}/Storage/{name}/Drives/Bay-{bay}", spec, bay))
                bay += 1
        if drives:
            subsystems.append(_subsystem(b, name, protocols, drives))
    b.collect(f"{SYSTEM}/Storage", "Storage", *subsystems)


def _subsystem(b: Builder, name: str, protocols: tuple[str, ...], drives: list[str]) -> str:
    path = f"{SYSTEM}/Storage/{name}"
    controller = f"{path}/Controllers/0"
    about = {
        "Manufacturer": "Example Storage",
        "Model": "Example HBA" if name == "Hba-0" else "Direct attached NVMe",
        "FirmwareVersion": "24.15.10",
        "SerialNumber": b.serial("HBA"),
        "SupportedDeviceProtocols": list(protocols),
        "Status": OK,
    }
    b.add(controller, "StorageController.v1_7_0", f"Controller {name}", **about)
    b.add(
        path,
        "Storage.v1_15_0",
        name,
        Drives=[link(drive) for drive in drives],
        Controllers=b.collect(f"{path}/Controllers", "StorageController", controller),
        StorageControllers=[{**link(f"{path}#/StorageControllers/0"), "MemberId": "0", **about}],
        Volumes=b.collect(f"{path}/Volumes", "Volume"),
        Status=OK,
        Links={"Enclosures": [link(CHASSIS)]},
    )
    return path


def _drive(b: Builder, path: str, spec: DriveSpec, bay: int) -> str:
    wear = {"PredictedMediaLifeLeftPercent": 100} if spec.media == "SSD" else {"RotationSpeedRPM": spec.rpm}
    b.add(
        path,
        "Drive.v1_17_0",
        f"Drive {bay}",
        Manufacturer=spec.maker,
        Model=spec.model,
        Revision=spec.firmware,
        SerialNumber=b.serial("DRV"),
        MediaType=spec.media,
        Protocol=spec.protocol,
        CapacityBytes=spec.size,
        BlockSizeBytes=512,
        CapableSpeedGbs=12 if spec.protocol == "SAS" else 6 if spec.protocol == "SATA" else 63,
        FailurePredicted=False,
        LocationIndicatorActive=False,
        PhysicalLocation={
            "PartLocation": {"LocationOrdinalValue": bay, "LocationType": "Bay", "ServiceLabel": f"Bay {bay}"}
        },
        Status=OK,
        Links={"Chassis": link(CHASSIS), **_lanes(b, spec, bay)},
        **wear,
    )
    return path


def _lanes(b: Builder, spec: DriveSpec, bay: int) -> dict[str, list[dict[str, str]]]:
    """The PCIe device that an NVMe drive is, with its link; the chassis lists it."""
    if spec.protocol != "NVMe":
        return {}
    device = f"{CHASSIS}/PCIeDevices/Drive-{bay}"
    function = f"{device}/PCIeFunctions/0"
    b.add(function, "PCIeFunction.v1_5_0", "Function 0", FunctionId=0, Links={"PCIeDevice": link(device)}, Status=OK)
    b.add(
        device,
        "PCIeDevice.v1_13_0",
        f"Drive {bay}",
        Manufacturer=spec.maker,
        Model=spec.model,
        FirmwareVersion=spec.firmware,
        DeviceType="SingleFunction",
        PCIeInterface={"PCIeType": "Gen4", "MaxPCIeType": "Gen4", "LanesInUse": 4, "MaxLanes": 4},
        PCIeFunctions=b.collect(f"{device}/PCIeFunctions", "PCIeFunction", function),
        Status=OK,
    )
    return {"PCIeFunctions": [link(function)]}
