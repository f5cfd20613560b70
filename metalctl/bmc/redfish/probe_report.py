"""What a Redfish BMC can do, as it says of itself, and which quirks apply: read only, for `metalctl bmc probe`.

A capability is "yes" or "no" as read; "unknown", with the reason, when it could not be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from metalctl.bmc.errors import BmcError, Missing, Unsupported
from metalctl.bmc.quirks import applying
from metalctl.bmc.redfish.act import bios, clocks, led, media, power, secure_boot
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import child, link, text

_SWITCH = {True: "on", False: "off", None: "not known how it booted"}


@dataclass(frozen=True, slots=True)
class Capability:
    """has: "yes", "no" or "unknown". detail: what was read, or why it could not be."""

    name: str
    has: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """A quirk that holds. support: how many of its conditions did."""

    name: str
    about: str
    source: str
    support: int
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """facts: name → value, as a person reads them."""

    facts: dict[str, str] = field(default_factory=dict)
    capabilities: tuple[Capability, ...] = ()
    quirks: tuple[Applied, ...] = ()


def examine(wire: Wire, root: Resource) -> Report:
    """All of it. Raises BmcError only when the system itself cannot be read."""
    system = wire.system()
    manager = wire.manager()
    told = [
        Applied(quirk.name, quirk.about, quirk.source, support, quirk.set)
        for quirk, support in applying(root=root, system=system, manager=manager)
    ]
    return Report(_facts(root, system, manager), tuple(_capabilities(wire, root, system)), tuple(told))


def _facts(root: Resource, system: Resource, manager: Resource) -> dict[str, str]:
    found = {
        "Redfish": text(root, "RedfishVersion"),
        "service": text(root, "Product", "Vendor", "Name"),
        "machine": f"{text(system, 'Manufacturer')} {text(system, 'Model')}".strip(),
        "BMC": text(manager, "Model"),
        "BMC firmware": text(manager, "FirmwareVersion"),
        "BIOS": text(system, "BiosVersion"),
        "power": text(system, "PowerState").lower(),
    }
    return {name: value for name, value in found.items() if value}


def _capabilities(wire: Wire, root: Resource, system: Resource) -> list[Capability]:
    looks: dict[str, Callable[[], str]] = {
        "power": lambda: _resets(wire, "#ComputerSystem.Reset", [system]),
        "boot override": lambda: _boot(system),
        "BIOS settings": lambda: f"{len(bios.read(wire))} settings",
        "secure boot": lambda: _SWITCH[secure_boot.read(wire)[0]],
        "virtual media": lambda: ", ".join(slot.name for slot in media.slots(wire)),
        "locator LED": lambda: "on" if led.read(wire) else "off",
        "clock": lambda: f"{clocks.read(wire):+.0f} s",
        "BMC reset": lambda: _resets(wire, "#Manager.Reset", map(wire.get, wire.managers())),
        "accounts": lambda: link(root, "AccountService"),
        "sessions": lambda: link(root, "Links", "Sessions"),
        "tasks": lambda: link(root, "Tasks"),
        "updates": lambda: link(root, "UpdateService"),
        "events": lambda: link(root, "EventService"),
        "$expand": lambda: _expand(root),
    }
    return [_look(name, look) for name, look in looks.items()]


def _look(name: str, look: Callable[[], str]) -> Capability:
    try:
        detail = look()
    except (Unsupported, Missing) as error:
        return Capability(name, "no", error.message)
    except BmcError as error:
        return Capability(name, "unknown", error.message)
    return Capability(name, "yes" if detail else "no", detail)


def _resets(wire: Wire, action: str, resources: Iterable[Resource]) -> str:
    for one in resources:
        target, allowed = power.reset_action(wire, one, action)
        if target:
            return ", ".join(sorted(allowed)) or "reset types are not stated"
    return ""


def _boot(system: Resource) -> str:
    boot = child(system, "Boot")
    if "BootSourceOverrideTarget" not in boot:
        return ""
    allowed = boot.get("BootSourceOverrideTarget@Redfish.AllowableValues")
    return ", ".join(str(one) for one in allowed) if isinstance(allowed, list) else "devices are not stated"


def _expand(root: Resource) -> str:
    found = child(root, "ProtocolFeaturesSupported", "ExpandQuery")
    return ", ".join(sorted(name for name, value in found.items() if value is True))
