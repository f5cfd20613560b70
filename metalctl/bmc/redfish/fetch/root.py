"""Is it a Redfish service, and of what? Asked without credential: anyone may read its root (DSP0266, 8.5).

One that manages no system is told as what it is: an enclosure's manager, a switch, a PDU.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BadAnswer, NotABmc, SystemNotChosen
from metalctl.bmc.protocol import Probe
from metalctl.bmc.redfish.client.http import Client, Resource
from metalctl.bmc.redfish.fetch.expand import Expand
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.schema.values import child, link, text

PATH = "/redfish/v1/"
# Of a service without systems, by what its root (DSP8010 ServiceRoot) has instead.
_EQUIPMENT = {
    "PowerEquipment": "power equipment, such as a rack's PDU",
    "ThermalEquipment": "cooling equipment",
    "Fabrics": "a switch, or the manager of a fabric",
}
_MANAGERS = {
    "EnclosureManager": "the manager of an enclosure",
    "RackManager": "the manager of a rack",
    "FabricManager": "a switch, or the manager of a fabric",
}
_MANAGED = ("Systems", "Chassis", "Managers", *_EQUIPMENT)


async def read_root(client: Client) -> Resource:
    """The service root, verified to be one; raises NotABmc, Unreachable or CertificateChanged."""
    try:
        root = await client.get(PATH)
    except BadAnswer as error:
        raise _not_redfish(client.endpoint, error.message) from None
    if not is_service_root(root):
        raise _not_redfish(client.endpoint, "its answer is not a service root")
    return root


def seen(endpoint: Endpoint, root: Resource) -> Probe:
    """What its root says of a service; endpoint: with the fingerprint of the certificate that it showed."""
    what = equipment(root)
    notes = (f"a Redfish service without systems: {what}, not a server's BMC",) if what else ()
    fingerprint, uuid = endpoint.fingerprint, text(root, "UUID")
    return Probe(endpoint, "redfish", product(root), uuid, fingerprint, notes=notes, equipment=what)


def is_service_root(root: Resource) -> bool:
    """Whether the JSON is a Redfish service root with something to manage: systems, or other equipment."""
    typed = str(root.get("@odata.type", "")).startswith("#ServiceRoot.") or "RedfishVersion" in root
    return typed and bool(first_list(root))


def first_list(root: Resource) -> str:
    """The path of the first list of what it manages, which every account may read; "" for none."""
    return next((path for name in _MANAGED if (path := link(root, name))), "")


def equipment(root: Resource) -> str:
    """What a service without systems manages, "" for one that has systems. Readable by anyone, so it is not much."""
    if link(root, "Systems"):
        return ""
    known = next((what for name, what in _EQUIPMENT.items() if link(root, name)), "")
    return known or "the manager of an enclosure, a switch or other equipment"


def product(root: Resource) -> str:
    """What the service calls itself."""
    return next((str(root[key]) for key in ("Product", "Vendor", "Name") if isinstance(root.get(key), str)), "")


def _not_redfish(endpoint: Endpoint, why: str) -> NotABmc:
    return NotABmc(
        f"{endpoint} is not a Redfish service ({why}); no credential was sent",
        hint=f"open {endpoint.origin}{PATH} by hand; an old BMC may only speak IPMI: ipmi://{endpoint.address}",
    )


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
