"""A Redfish service that manages no system is told as what it is: an enclosure's manager, a switch, a PDU."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import SystemNotChosen
from metalctl.bmc.redfish.client.http import Client
from metalctl.bmc.redfish.fetch.expand import Expand
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.fetch.root import equipment
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import child, link, text

_MANAGERS = {
    "EnclosureManager": "the manager of an enclosure",
    "RackManager": "the manager of a rack",
    "FabricManager": "a switch, or the manager of a fabric",
}


def note(root: Resource) -> str:
    """What is said of such a service without a login, "" for one that has systems."""
    what = equipment(root)
    return f"a Redfish service without systems: {what}, not a server's BMC" if what else ""


def refusal(endpoint: Endpoint, what: str, seen: str = "") -> SystemNotChosen:
    """The error for who wants a system of it."""
    return SystemNotChosen(
        f"{endpoint.origin} manages no system: it is {what}, not a server's BMC{f' ({seen})' if seen else ''}",
        hint=f"ask each server's own BMC; what is here shows: metalctl bmc get {endpoint.origin} /redfish/v1/Chassis",
        systems=(),
    )


async def looked_at(client: Client, root: Resource, credential: Credential) -> SystemNotChosen:
    """The same after a look at its managers and chassis. Raises as Client.login."""
    await client.login(credential, root, link(root, "Managers") or link(root, "Chassis"))
    return await told(client, root)


async def told(client: Client, root: Resource) -> SystemNotChosen:
    """The error, from what a service shows to whom has logged in."""
    reader = Reader(client, Expand())
    managers = await reader.members("manager", child(root, "Managers"), most=8)
    chassis = await reader.members("chassis", child(root, "Chassis"), most=64)
    kinds = [text(one, "ManagerType") for one in managers]
    known = next((_MANAGERS[kind] for kind in kinds if kind in _MANAGERS), "")
    what = known if known and not _is_special(root) else equipment(root) or known or "no server's BMC that has one"
    seen = [_counted("managers", kinds), _counted("chassis", (text(one, "ChassisType") for one in chassis))]
    return refusal(client.endpoint, what, "; ".join(one for one in seen if one))


def _is_special(root: Resource) -> bool:
    return any(link(root, name) for name in ("PowerEquipment", "ThermalEquipment"))


def _counted(name: str, kinds: Iterable[str]) -> str:
    counts = Counter(kind for kind in kinds if kind)
    return f"{name}: {', '.join(f'{n} × {kind}' for kind, n in sorted(counts.items()))}" if counts else ""
