"""The resources of the fake BMC; ids are none that anybody would guess."""

from __future__ import annotations

from typing import Any

ROOT = "/redfish/v1"
SYSTEM = f"{ROOT}/Systems/blade-7"
MANAGER = f"{ROOT}/Managers/mc-3"
CHASSIS = f"{ROOT}/Chassis/box-1"
BIOS = f"{SYSTEM}/Bios"
SETTINGS = f"{BIOS}/Settings"
USERS = f"{ROOT}/AccountService/Accounts"
LOG = f"{MANAGER}/LogServices/SEL"
MEDIA = f"{MANAGER}/VirtualMedia"
EPOCH = "2023-11-14T22:30:00+00:00"


def to(path: str) -> dict[str, str]:
    """A link."""
    return {"@odata.id": path}


def listed(*paths: str) -> dict[str, Any]:
    """A collection."""
    return {"Members": [to(path) for path in paths], "Members@odata.count": len(paths)}


def tree() -> dict[str, Any]:
    """Path → resource, made anew each time."""
    return {**_core(), **_firmware(), **_media(), **_log(), **_users()}


def _core() -> dict[str, Any]:
    return {
        ROOT: {
            "RedfishVersion": "1.9.0",
            "Vendor": "Acme",
            "Systems": to(f"{ROOT}/Systems"),
            "AccountService": to(f"{ROOT}/AccountService"),
            "Links": {"Sessions": to(f"{ROOT}/Sessions")},
        },
        SYSTEM: {
            "@odata.id": SYSTEM,
            "Manufacturer": "Acme",
            "Model": "Box",
            "PowerState": "On",
            "LocationIndicatorActive": False,
            "Links": {"ManagedBy": [to(MANAGER)], "Chassis": [to(CHASSIS)]},
            "Bios": to(BIOS),
            "SecureBoot": to(f"{SYSTEM}/SecureBoot"),
            "Boot": {
                "BootSourceOverrideEnabled": "Disabled",
                "BootSourceOverrideTarget": "None",
                "BootSourceOverrideMode": "UEFI",
            },
            "Actions": {
                "#ComputerSystem.Reset": {
                    "target": f"{SYSTEM}/Actions/ComputerSystem.Reset",
                    "ResetType@Redfish.AllowableValues": ["On", "ForceOff", "ForceRestart", "GracefulRestart", "Nmi"],
                }
            },
        },
        CHASSIS: {"LocationIndicatorActive": False},
        MANAGER: {
            "Model": "MC",
            "FirmwareVersion": "9.1",
            "DateTime": EPOCH,
            "DateTimeLocalOffset": "+00:00",
            "LogServices": to(f"{MANAGER}/LogServices"),
            "VirtualMedia": to(MEDIA),
            "Actions": {"#Manager.Reset": {"target": f"{MANAGER}/Actions/Manager.Reset"}},
        },
    }


def _firmware() -> dict[str, Any]:
    settings = {"SettingsObject": to(SETTINGS), "SupportedApplyTimes": ["OnReset"]}
    return {
        BIOS: {"Attributes": {"Vt": "Off", "Threads": 2, "BootMode": "Uefi"}, "@Redfish.Settings": settings},
        SETTINGS: {"Attributes": {}},
        f"{BIOS}/SD": {"Attributes": {}},
        f"{SYSTEM}/SecureBoot": {"SecureBootEnable": False, "SecureBootCurrentBoot": "Disabled"},
    }


def _media() -> dict[str, Any]:
    return {MEDIA: listed(f"{MEDIA}/A", f"{MEDIA}/B"), f"{MEDIA}/A": slot("A"), f"{MEDIA}/B": slot("B")}


def slot(name: str, media: str = MEDIA) -> dict[str, Any]:
    """A virtual drive."""
    actions = {
        f"#VirtualMedia.{one}": {"target": f"{media}/{name}/Actions/VirtualMedia.{one}"}
        for one in ("InsertMedia", "EjectMedia")
    }
    return {"Id": name, "MediaTypes": ["CD", "DVD"], "Image": None, "Inserted": False, "Actions": actions}


def _log() -> dict[str, Any]:
    entries = {f"{LOG}/Entries/{n}": {"Created": f"2023-01-0{n}", "Message": f"fan {n}"} for n in (1, 2)}
    return {f"{MANAGER}/LogServices": listed(LOG), LOG: log("SEL"), f"{LOG}/Entries": listed(*entries), **entries}


def log(name: str) -> dict[str, Any]:
    """A log service that can be cleared."""
    path = f"{MANAGER}/LogServices/{name}"
    clear = {"#LogService.ClearLog": {"target": f"{path}/Actions/LogService.ClearLog"}}
    return {"Id": name, "Entries": to(f"{path}/Entries"), "Actions": clear}


def _users() -> dict[str, Any]:
    accounts = {f"{USERS}/1": {"Id": "1", "UserName": "admin", "Enabled": True}}
    accounts |= {f"{USERS}/{n}": {"Id": str(n), "UserName": "", "Enabled": False} for n in (2, 3, 4)}
    service = {"MinPasswordLength": 8, "MaxPasswordLength": 40, "Accounts": to(USERS)}
    return {f"{ROOT}/AccountService": service, USERS: listed(*accounts), **accounts}
