"""Which system behind the BMC: the only one, or the one asked for by `?system=ID`. Ids are never assumed."""

from __future__ import annotations

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import SystemNotChosen
from metalctl.bmc.redfish.body import Resource


def member_paths(collection: Resource) -> list[str]:
    """The paths of a collection's members."""
    members = collection.get("Members")
    found = [m.get("@odata.id") for m in members if isinstance(m, dict)] if isinstance(members, list) else []
    return [path for path in found if isinstance(path, str)]


def choose_system(endpoint: Endpoint, collection: Resource) -> str:
    """The path of the system; raises SystemNotChosen with the ids to choose from."""
    by_id = {path.rstrip("/").rsplit("/", 1)[-1]: path for path in member_paths(collection)}
    if endpoint.system in by_id:
        return by_id[endpoint.system]
    if len(by_id) == 1 and not endpoint.system:
        return next(iter(by_id.values()))
    ids = ", ".join(sorted(by_id))
    if not by_id:
        what, hint = "manages no system", "is a blade or node inserted, and powered?"
    elif endpoint.system:
        what, hint = f"has no system {endpoint.system!r}", f"its systems are: {ids}"
    else:
        what, hint = f"manages {len(by_id)} systems", f"choose one: {endpoint.origin}?system=ID with ID of {ids}"
    raise SystemNotChosen(f"{endpoint.origin} {what}", hint=hint, bmc=str(endpoint), systems=tuple(sorted(by_id)))
