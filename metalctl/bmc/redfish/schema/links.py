"""Links, pages and resources as they stand in JSON, and what tells a resource from what it was. No I/O."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import entries, finite

_SLASHES = re.compile(r"/{2,}")


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


@lru_cache(maxsize=8192)  # the machines of a rack have the same addresses
def plain(address: str) -> str:
    """The address without what makes it no other place."""
    try:
        path = urlsplit(address.partition("#")[0]).path
    except ValueError:
        return address
    return _SLASHES.sub("/", unquote(path)).rstrip("/").lower()


def last(address: str) -> str:
    """The last part of an address: the id of what is there, or the name of a list."""
    return address.rstrip("/").rpartition("/")[2]


def place_of(where: Resource) -> str:
    """The address of a link or resource as what is listed twice has it twice: with its case and its fragment."""
    path, _, part = path_of(where).partition("#")
    return f"{path.rstrip('/')}#{part}" if part else path.rstrip("/")


def each_once(wheres: Iterable[Resource]) -> dict[str, Resource]:
    """By place; of those with the same address the last one. What has no address is kept."""
    return {place_of(one) or str(n): one for n, one in enumerate(wheres)}


def is_whole(where: Resource) -> bool:
    """Whether it is the resource itself, not only a link to it."""
    if "Members" in where:
        return False
    for name in where:  # noqa: SIM110  asked of every member several times: a generator costs twice as much
        if not name.startswith("@"):
            return True
    return False


def next_link(page: Resource) -> str:
    """The address of the next page, "" on the last. Some BMCs leave `Members` out of the name."""
    for name in ("Members@odata.nextLink", "@odata.nextLink"):
        found = page.get(name)
        if path := path_of(found) if isinstance(found, dict) else found if isinstance(found, str) else "":
            return path
    return ""


def usable(entry: object) -> bool:
    """Whether an entry of a list is a link or a resource, and not empty or an error in its place."""
    return isinstance(entry, dict) and bool(entry) and not isinstance(entry.get("error"), dict)


def lacking(resource: Resource, name: str) -> int:
    """How many entries the list property `name` should have beside those that can be used.

    They are counted beside it (`Members@odata.count`), or stand in it and are nothing.
    """
    count, listed = finite(resource.get(f"{name}@odata.count")), entries(resource.get(name))
    there = len(_distinct(listed))
    stated = round(count or 0)
    odd = sum(not usable(one) for one in listed)
    return max(stated - there, odd, 0)


def came_along(collection: Resource) -> bool:
    """Whether it is empty, short or whole as it stands: nothing is won by asking for it."""
    inside = collection.get("Members")
    if not isinstance(inside, list) or lacking(collection, "Members") or next_link(collection):
        return False
    return not path_of(collection) or len(inside) < 2 or all(isinstance(one, dict) and is_whole(one) for one in inside)


def _distinct(listed: list[object]) -> set[object]:
    objects = [one for one in listed if isinstance(one, dict) and usable(one)]
    return {place_of(one) or n for n, one in enumerate(objects)}


def pointed(resource: Resource, address: str) -> Resource:
    """The part of the resource that the fragment of its address names (RFC 6901), {} when there is none."""
    found: object = resource
    for step in address.partition("#")[2].strip("/").split("/"):
        if isinstance(found, dict) and step:
            found = found.get(step)
        elif isinstance(found, list) and step:
            found = found[int(step)] if step.isascii() and step.isdigit() and int(step) < len(found) else None
    return found if isinstance(found, dict) else {}
