"""PATCH: what of a resource can be changed, by its type, and what only takes effect at the next boot."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from metalctl.lab.bmc import power
from metalctl.lab.bmc.bmc import Bmc
from metalctl.lab.bmc.message import Response, dump, refusal

_LED = ("IndicatorLED", "LocationIndicatorActive")
_CHANGEABLE = {
    "ComputerSystem": ("Boot", "AssetTag", "HostName", *_LED),
    "Chassis": ("AssetTag", *_LED),
    "Drive": _LED,
    "Manager": ("DateTime", "DateTimeLocalOffset"),
    "ManagerAccount": ("UserName", "Password", "RoleId", "Enabled", "Locked", "AccountTypes", "Oem"),
    "ManagerNetworkProtocol": ("HTTPS", "HTTP", "SSH", "IPMI", "NTP", "SNMP", "HostName", "KVMIP", "VirtualMedia"),
    "EthernetInterface": ("DHCPv4", "IPv4StaticAddresses", "StaticNameServers", "HostName", "VLAN"),
    "SecureBoot": ("SecureBootEnable",),
    "VirtualMedia": ("Image", "Inserted", "WriteProtected"),
}


def change(bmc: Bmc, path: str, body: dict[str, Any]) -> Response:
    """200 with the resource, 202 with a task where a boot is needed, 400 or 405 where it cannot be."""
    for system in bmc.systems():
        bios = _link(bmc, bmc.resource(system), "Bios")
        if bios and path == _settings_object(bmc, bios):
            return _bios(bmc, system, bios, path, body)
    resource = bmc.resource(path)
    if resource is None:
        return refusal(404, "ResourceMissingAtURI", f"There is no {path}.")
    kind = str(resource.get("@odata.type", "")).removeprefix("#").partition(".")[0]
    if kind not in _CHANGEABLE:
        return refusal(405, "ResourceCannotBeChanged", f"A {kind or 'resource'} cannot be changed.")
    return _unknown(kind, resource, body) or _refused(resource, body) or _changed(bmc, kind, path, resource, body)


def _unknown(kind: str, resource: dict[str, Any], body: dict[str, Any]) -> Response | None:
    # A password is never shown, and so it need not be there to be set.
    unknown = [n for n in body if n not in _CHANGEABLE[kind] or (n not in resource and n != "Password")]
    if body and not unknown:
        return None
    return refusal(400, "PropertyUnknown", f"The properties {', '.join(unknown) or '(none)'} cannot be set.")


def _changed(bmc: Bmc, kind: str, path: str, resource: dict[str, Any], body: dict[str, Any]) -> Response:
    if kind == "SecureBoot":
        # What is wanted reads so at once; what the machine booted with only changes when it boots.
        power.wait_for_boot(bmc, path, {"SecureBootCurrentBoot": "Enabled" if body["SecureBootEnable"] else "Disabled"})
    after = _merged(resource, body)
    if kind == "Manager":
        moment = _moment(after["DateTime"])
        if moment is None:
            return refusal(400, "PropertyValueFormatError", "DateTime is not a time with an offset.")
        if "DateTime" in body:
            bmc.clock_offset = moment - datetime.now(UTC)
    if kind == "ManagerAccount":
        password = after.pop("Password", None) if "Password" in body else None
        after["Password"] = None
        bmc.auth.changed(resource, after, password)
    bmc.put(path, after)
    return Response(200, dump(bmc.resource(path)), bmc.etag(path))


def _bios(bmc: Bmc, system: str, bios: str, path: str, body: dict[str, Any]) -> Response:
    wanted = body.get("Attributes")
    there = (bmc.resource(bios) or {}).get("Attributes", {})
    if not isinstance(wanted, dict) or not wanted:
        return refusal(400, "PropertyMissing", "Attributes is missing.")
    unknown = [name for name in wanted if name not in there]
    if unknown:
        return refusal(400, "PropertyUnknown", f"The BIOS has no attributes {', '.join(unknown)}.")
    wrong = [n for n, value in wanted.items() if there[n] is not None and type(value) is not type(there[n])]
    if wrong:
        return refusal(400, "PropertyValueTypeError", f"The type of {', '.join(wrong)} is not right.")
    waiting = {**bmc.pending.get(bios, {}).get("Attributes", {}), **wanted}
    power.wait_for_boot(bmc, bios, {"Attributes": waiting})
    settings = bmc.resource(path) or {"@odata.id": path, "@odata.type": "#Bios.v1_2_0.Bios", "Id": "Settings"}
    bmc.put(path, {**settings, "Attributes": {**settings.get("Attributes", {}), **waiting}})
    return bmc.tasks.accept("BIOS settings, applied at the next boot", system)


def _refused(resource: dict[str, Any], body: dict[str, Any]) -> Response | None:
    for name, value in body.items():
        before = resource.get(name)
        if isinstance(before, dict) and not isinstance(value, dict):
            return refusal(400, "PropertyValueTypeError", f"{name} is an object.")
        if isinstance(before, bool) and not isinstance(value, bool):
            return refusal(400, "PropertyValueTypeError", f"{name} is true or false.")
        for owner, changes in ((resource, body), (before, value)):
            if isinstance(owner, dict) and isinstance(changes, dict) and (wrong := _not_allowed(owner, changes)):
                return refusal(400, "PropertyValueNotInList", wrong)
    password = body.get("Password", "-")
    if not isinstance(password, str) or not password:
        return refusal(400, "PropertyValueFormatError", "A password is needed.")
    return None


def _not_allowed(owner: dict[str, Any], changes: dict[str, Any]) -> str:
    for name, value in changes.items():
        allowed = owner.get(f"{name}@Redfish.AllowableValues")
        if isinstance(allowed, list) and value not in allowed:
            return f"{value!r} of {name} is none of {', '.join(map(str, allowed))}."
    return ""


def _merged(before: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    after = dict(before)
    for name, value in change.items():
        old = before.get(name)
        after[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return after


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _settings_object(bmc: Bmc, bios: str) -> str:
    settings = (bmc.resource(bios) or {}).get("@Redfish.Settings")
    return _link(bmc, settings if isinstance(settings, dict) else None, "SettingsObject")


def _link(bmc: Bmc, resource: dict[str, Any] | None, name: str) -> str:
    link = (resource or {}).get(name)
    return bmc.library.canonical(str(link.get("@odata.id", "")).rstrip("/")) if isinstance(link, dict) else ""
