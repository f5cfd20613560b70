"""Is it a Redfish service? Asked without credential: the service root is readable by anyone (DSP0266, 8.5)."""

from __future__ import annotations

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BadAnswer, NotABmc
from metalctl.bmc.redfish.client.http import Client, Resource
from metalctl.bmc.redfish.schema.values import link

PATH = "/redfish/v1/"
# Of a service without systems, by what its root (DSP8010 ServiceRoot) has instead.
_EQUIPMENT = {
    "PowerEquipment": "power equipment, such as a rack's PDU",
    "ThermalEquipment": "cooling equipment",
    "Fabrics": "a switch, or the manager of a fabric",
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
