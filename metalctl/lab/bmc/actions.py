"""POST to an action: one function an action, found by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metalctl.lab.bmc import power
from metalctl.lab.bmc.bmc import Bmc
from metalctl.lab.bmc.message import Response, refusal

Action = Callable[[Bmc, str, dict[str, Any]], Response]


def act(bmc: Bmc, path: str, body: dict[str, Any]) -> Response:
    """404 for an action that the resource does not offer, 501 for one that the simulator does not know."""
    owner, _, name = path.partition("/Actions/")
    owner = bmc.library.canonical(owner)
    offered = (bmc.resource(owner) or {}).get("Actions", {})
    target = offered.get(f"#{name}", {}).get("target") if isinstance(offered, dict) else None
    if not isinstance(target, str) or target.rstrip("/").lower() != path.lower():
        return refusal(404, "ActionNotSupported", f"There is no action {path}.")
    action = _ACTIONS.get(name)
    if action is None:
        return refusal(501, "ActionNotSupported", f"The simulator does not know {name}.")
    return action(bmc, owner, body)


def _reset(bmc: Bmc, owner: str, body: dict[str, Any]) -> Response:
    kind = body.get("ResetType")
    if not isinstance(kind, str):
        return refusal(400, "ActionParameterMissing", "ResetType is missing.")
    return power.reset(bmc, owner, kind)


def _manager_reset(bmc: Bmc, owner: str, body: dict[str, Any]) -> Response:
    """The BMC is away for `bmc_reset_time`; nobody is logged in afterwards."""
    # The answer goes out first.
    bmc.later(max(0.1, 2 * bmc.settings.latency), bmc.restart)
    return Response(204)


def _clear_log(bmc: Bmc, owner: str, body: dict[str, Any]) -> Response:
    link = (bmc.resource(owner) or {}).get("Entries", {})
    entries = bmc.library.canonical(str(link.get("@odata.id", "")).rstrip("/"))
    found = bmc.resource(entries)
    if found is None:
        return refusal(404, "ResourceMissingAtURI", "The log has no entries resource.")
    for path in bmc.members(entries):
        bmc.remove(path)
    left = {name: value for name, value in found.items() if name != "Members@odata.nextLink"}
    bmc.put(entries, {**left, "Members": [], "Members@odata.count": 0})
    return Response(204)


def _insert(bmc: Bmc, owner: str, body: dict[str, Any]) -> Response:
    image = body.get("Image")
    if not isinstance(image, str) or "://" not in image:
        return refusal(400, "ActionParameterMissing", "Image is missing or no URI.")
    if (bmc.resource(owner) or {}).get("Inserted"):
        return refusal(409, "ResourceInUse", "Another image is inserted; eject it first.")
    name = image.rsplit("/", 1)[-1]
    write_protected = body.get("WriteProtected", True) is not False
    values = {"Image": image, "ImageName": name, "ConnectedVia": "URI", "WriteProtected": write_protected}
    bmc.update(owner, Inserted=body.get("Inserted", True) is not False, **values)
    return Response(204)


def _eject(bmc: Bmc, owner: str, body: dict[str, Any]) -> Response:
    bmc.update(owner, Image=None, ImageName=None, Inserted=False, ConnectedVia="NotConnected")
    return Response(204)


_ACTIONS: dict[str, Action] = {
    "ComputerSystem.Reset": _reset,
    "Manager.Reset": _manager_reset,
    "LogService.ClearLog": _clear_log,
    "VirtualMedia.InsertMedia": _insert,
    "VirtualMedia.EjectMedia": _eject,
}
