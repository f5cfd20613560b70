"""Power of a system, and what a boot does: the one-time override is used up, pending settings take effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metalctl.lab.bmc.bmc import Bmc
from metalctl.lab.bmc.message import Response, refusal

_ON = frozenset({"On", "ForceOn"})
_OFF = frozenset({"ForceOff", "GracefulShutdown"})
_AGAIN = frozenset({"ForceRestart", "GracefulRestart"})


def reset(bmc: Bmc, system: str, kind: str) -> Response:
    """ComputerSystem.Reset: 204 at once, the state follows after `power_time`; 400 for a kind that is not offered."""
    resource = bmc.resource(system) or {}
    offered = _offered(resource)
    if kind not in offered:
        return refusal(400, "ActionParameterNotSupported", f"ResetType {kind!r} is none of {', '.join(offered)}.")
    on = resource.get("PowerState") in ("On", "PoweringOn")
    kind = {"PushPowerButton": "ForceOff" if on else "On"}.get(kind, kind)
    if kind in _AGAIN and not on:
        return refusal(409, "ResourceInUse", "The system is off and cannot be restarted.")
    if kind == "PowerCycle":
        _off(bmc, system)
    elif kind in _ON and not on:
        _show(bmc, system, "PoweringOn")
    elif kind in _OFF and on:
        _show(bmc, system, "PoweringOff")
        _after(bmc, system, lambda: _off(bmc, system))
        return Response(204)
    elif kind not in _AGAIN:
        return Response(204)
    _after(bmc, system, lambda: _boot(bmc, system))
    return Response(204)


def wait_for_boot(bmc: Bmc, path: str, values: dict[str, Any]) -> None:
    """Properties of a resource that take effect at the next boot."""
    bmc.pending[path] = {**bmc.pending.get(path, {}), **values}


def _offered(resource: dict[str, Any]) -> list[str]:
    action = resource.get("Actions", {}).get("#ComputerSystem.Reset", {})
    found = action.get("ResetType@Redfish.AllowableValues")
    return found if isinstance(found, list) else [*sorted(_ON | _OFF | _AGAIN)]


def _after(bmc: Bmc, system: str, action: Callable[[], None]) -> None:
    """A later command makes this one void."""
    bmc.power_epoch[system] += 1
    epoch = bmc.power_epoch[system]

    def act() -> None:
        if bmc.power_epoch[system] == epoch:
            action()

    if bmc.settings.power_time > 0:
        bmc.later(bmc.settings.power_time, act)
    else:
        act()


def _show(bmc: Bmc, system: str, state: str) -> None:
    resource = bmc.resource(system) or {}
    chassis = resource.get("Links", {}).get("Chassis", [])
    for path in (system, *(bmc.library.canonical(str(link.get("@odata.id", "")).rstrip("/")) for link in chassis)):
        if "PowerState" in (bmc.resource(path) or {}):
            bmc.update(path, PowerState=state)


def _off(bmc: Bmc, system: str) -> None:
    _show(bmc, system, "Off")
    if bmc.machine is not None:
        bmc.machine.power_off()


def _boot(bmc: Bmc, system: str) -> None:
    _show(bmc, system, "On")
    boot = (bmc.resource(system) or {}).get("Boot", {})
    overridden = boot.get("BootSourceOverrideEnabled") in ("Once", "Continuous")
    if bmc.machine is not None:
        bmc.machine.power_on(str(boot.get("BootSourceOverrideTarget")) if overridden else "None")
    if boot.get("BootSourceOverrideEnabled") == "Once":
        used = {"BootSourceOverrideEnabled": "Disabled", "BootSourceOverrideTarget": "None"}
        bmc.update(system, Boot={**boot, **used})
    if "LastResetTime" in (bmc.resource(system) or {}):
        bmc.update(system, LastResetTime=bmc.clock())
    for path in [path for path in bmc.pending if path.startswith(system + "/")]:
        _apply(bmc, path, bmc.pending.pop(path))
    bmc.tasks.booted(system)


def _apply(bmc: Bmc, path: str, values: dict[str, Any]) -> None:
    resource = bmc.resource(path) or {}
    if "Attributes" in values:
        values = {**values, "Attributes": {**resource.get("Attributes", {}), **values["Attributes"]}}
    bmc.update(path, **values)
