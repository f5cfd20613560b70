"""What an enrollment is done by is pinned when it is queued: profile, installer templates, the checks and their runner.

An edit changes nothing that is under way: the disks that were looked at are the disks that are written, and a
certificate names what was really asked. A retry takes the edit only when it begins at `matched` or before, and says
what changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from metalctl.content import profiles
from metalctl.content.paths import find
from metalctl.engine.durability import bundle
from metalctl.model.codec import decode, encode
from metalctl.model.errors import MetalctlError
from metalctl.model.profile import Profile
from metalctl.model.stage import ORDER, Stage
from metalctl.store import contents, enrollments
from metalctl.store.enrollments import Enrollment

TEMPLATES = ("meta-data", "user-data", "network-config")
# Contents by digest, and the most that are kept at a time.
_READ: dict[str, bytes] = {}
_KEPT = 32
# The most changes of a profile that are told one by one.
_TOLD = 5


@dataclass(frozen=True, slots=True)
class Pins:
    """Digests of what is kept in store.contents; "" for what an older metalctl did not pin."""

    profile: str = ""
    templates: str = ""
    bundle: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was pinned."""

    what: str
    pinned: str
    now: str


def take(connection: Connection, name: str) -> tuple[Pins, Profile]:
    """Pin the profile of that name, and all that goes with it, as they are now."""
    profile = profiles.load(name)
    pins = Pins(
        contents.keep(connection, "profile", _bytes(encode(profile))),
        contents.keep(connection, "templates", _bytes(_templates(profile.install.os))),
        contents.keep(connection, "bundle", bundle.build()[1]),
    )
    return pins, profile


def pin(connection: Connection, enrollment: str, name: str, taken: tuple[Pins, Profile] | None = None) -> None:
    """The same for an enrollment. taken: what was pinned a moment ago for another one of the same profile."""
    pins, profile = taken or take(connection, name)
    enrollments.change(connection, enrollment, pins=encode(pins), profile_digest=profile.digest)


def of(enrollment: Enrollment) -> Pins:
    """What an enrollment is pinned to."""
    return decode(Pins, enrollment.pins)


def profile(connection: Connection, enrollment: Enrollment) -> Profile:
    """The pinned profile; today's for an enrollment of an older metalctl."""
    pinned = of(enrollment).profile
    return _profile(_content(connection, pinned)) if pinned else profiles.load(enrollment.profile)


def templates(connection: Connection, enrollment: Enrollment, os: str) -> dict[str, str]:
    """The pinned installer templates by name."""
    pinned = of(enrollment).templates
    return dict(json.loads(_content(connection, pinned))) if pinned else _templates(os)


def runner(connection: Connection, enrollment: Enrollment) -> tuple[str, bytes]:
    """The pinned runner bundle: a name for its directory on the node, and the tar.gz."""
    pinned = of(enrollment).bundle
    return (pinned[:16], _content(connection, pinned)) if pinned else bundle.build()


def _content(connection: Connection, digest: str) -> bytes:
    """Read once: what has this digest never changes, and every tick of every node asks for the same megabytes."""
    if (known := _READ.get(digest)) is None:
        known = contents.get(connection, digest)
        if len(_READ) >= _KEPT:
            _READ.clear()
        _READ[digest] = known
    return known


def renew(connection: Connection, enrollment: Enrollment, first: Stage) -> list[Change]:
    """At a retry from `first` on: what changed since it was pinned. It is taken from `matched` or before, else not.

    What cannot be read now (a profile that is gone, a mistake in it) raises only where it would be taken.
    """
    taken = ORDER.index(first) <= ORDER.index(Stage.MATCHED)
    try:
        changed = list(_changes(connection, enrollment))
    except MetalctlError as error:
        if taken:
            raise
        return [Change(f"profile {enrollment.profile}", "as queued", f"cannot be read: {error.message}")]
    if changed and taken:
        pin(connection, enrollment.id, enrollment.profile)
    return changed


def _changes(connection: Connection, enrollment: Enrollment) -> Iterator[Change]:
    then, today = profile(connection, enrollment), profiles.load(enrollment.profile)
    before, after = (dict(_flat(encode(p))) for p in (then, today))
    different = [key for key in {**before, **after} if before.get(key) != after.get(key) and key not in _OF_THE_FILE]
    for key in different[:_TOLD]:
        yield Change(f"profile {then.name}: {key}", str(before.get(key, "not asked")), str(after.get(key, "not asked")))
    if len(different) > _TOLD:
        yield Change(f"profile {then.name}", f"{len(different) - _TOLD} more values", "changed")
    if of(enrollment).templates and templates(connection, enrollment, "") != _templates(today.install.os):
        yield Change(f"installer templates of {today.install.os}", "as queued", "changed")
    name, data = runner(connection, enrollment)
    if bundle.build()[1] != data:
        yield Change("checks and runner", name, bundle.build()[0])


_OF_THE_FILE = frozenset({"file", "digest"})


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of a tree by their dotted path."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _flat(item, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and value:
        for i, item in enumerate(value):
            name = item.get("role") or item.get("name") if isinstance(item, dict) else None
            yield from _flat(item, f"{path}[{name or i}]")
    else:
        yield path, value


def _templates(os: str) -> dict[str, str]:
    folder = find(f"pxe/images/{os}/seed")
    return {name: (folder / f"{name}.j2").read_text() for name in TEMPLATES}


def _bytes(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")


@lru_cache(maxsize=64)
def _profile(data: bytes) -> Profile:
    return decode(Profile, json.loads(data))
