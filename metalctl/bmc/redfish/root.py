"""Is it a Redfish service? Asked without credential: the service root is readable by anyone (DSP0266, 8.5)."""

from __future__ import annotations

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BadAnswer, NotABmc
from metalctl.bmc.redfish.http import Client, Resource

PATH = "/redfish/v1/"


async def read_root(client: Client) -> Resource:
    """The service root, verified to be one; raises NotABmc, Unreachable or CertificateChanged."""
    try:
        root = await client.get(PATH)
    except BadAnswer as error:
        raise _not_redfish(client.endpoint, error.message) from None
    if not is_service_root(root):
        raise _not_redfish(client.endpoint, "its answer is no service root")
    return root


def is_service_root(root: Resource) -> bool:
    """Whether the JSON is a Redfish service root with systems to manage."""
    typed = str(root.get("@odata.type", "")).startswith("#ServiceRoot.") or "RedfishVersion" in root
    return typed and isinstance(root.get("Systems"), dict) and isinstance(root["Systems"].get("@odata.id"), str)


def product(root: Resource) -> str:
    """What the service calls itself."""
    return next((str(root[key]) for key in ("Product", "Vendor", "Name") if isinstance(root.get(key), str)), "")


def _not_redfish(endpoint: Endpoint, why: str) -> NotABmc:
    return NotABmc(
        f"{endpoint} is not a Redfish service ({why}); no credential was sent",
        hint=f"open {endpoint.origin}{PATH} by hand; an old BMC may only speak IPMI: ipmi://{endpoint.address}",
        bmc=str(endpoint),
    )
