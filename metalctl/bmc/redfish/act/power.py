"""The command that switches power. Whether it had an effect is read by metalctl.bmc.power."""

from __future__ import annotations

from metalctl.bmc.errors import Unsupported
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import child, items, text

_RESETS = {
    "on": ("On", "ForceOn"),
    "off": ("ForceOff",),
    "reset": ("ForceRestart", "PowerCycle"),
    "nmi": ("Nmi",),
}


def reset(wire: Wire, action: str) -> None:
    """Send "on", "off", "reset" or "nmi", as the first ResetType that the system allows. Not tried again here."""
    target, allowed = reset_action(wire, wire.system(), "#ComputerSystem.Reset")
    wanted = [*wire.quirks.resets.get(action, ()), *_RESETS[action]]
    # A system that lists nothing is asked for the standard's own word.
    chosen = next((kind for kind in wanted if not allowed or kind in allowed), "")
    if not target or not chosen:
        offers = ", ".join(sorted(allowed)) or "nothing"
        raise Unsupported(f"{wire.name} cannot do {action!r}", hint=f"it offers: {offers}")
    wire.post(target, {"ResetType": chosen}, patient=False)


def reset_action(wire: Wire, resource: Resource, name: str) -> tuple[str, set[str]]:
    """Target of a Reset action, "" when there is none, and the ResetTypes that are allowed ({}: not stated)."""
    action = child(resource, "Actions", name)
    allowed = action.get("ResetType@Redfish.AllowableValues")
    if not isinstance(allowed, list) and (info := action.get("@Redfish.ActionInfo")):
        allowed = _of_info(wire, info) if isinstance(info, str) else None
    return text(action, "target"), {str(one) for one in allowed} if isinstance(allowed, list) else set()


def _of_info(wire: Wire, path: str) -> object:
    for parameter in items(wire.get(path), "Parameters"):
        if text(parameter, "Name") == "ResetType":
            return parameter.get("AllowableValues")
    return None
