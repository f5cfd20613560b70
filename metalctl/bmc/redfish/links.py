"""Links, pages and resources as they stand in JSON, and what tells a resource from what it was. No I/O."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from metalctl.bmc.redfish.body import Resource


@dataclass(frozen=True, slots=True)
class Witness:
    """What a resource looked like: the target it was asked by, its ETag ("" without one), and a digest of its body."""

    target: str
    etag: str
    digest: str


def digest(body: bytes) -> str:
    """A short digest of a body, to tell whether it is the same again."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def path_of(where: Resource) -> str:
    """The address of a link or resource, "" when it has none."""
    path = where.get("@odata.id")
    return path if isinstance(path, str) else ""


def is_whole(where: Resource) -> bool:
    """Whether it is the resource itself, not only a link to it."""
    if "Members" in where:
        return False
    for name in where:  # noqa: SIM110  asked of every member several times: a generator costs twice as much
        if not name.startswith("@odata"):
            return True
    return False


def is_resource(member: object) -> bool:
    """Whether a member of a list is a whole resource."""
    return isinstance(member, dict) and is_whole(member)


def next_link(page: Resource) -> str:
    """The address of the next page, "" on the last. Some BMCs leave `Members` out of the name."""
    for name in ("Members@odata.nextLink", "@odata.nextLink"):
        if isinstance(path := page.get(name), str) and path:
            return path
    return ""
