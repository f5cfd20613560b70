"""What a profile names must exist: checks and their limits in checks/, the operating system in pxe/images/, and the
requirements that a waiver waives or that only warn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from metalctl.content import checks, images
from metalctl.content.errors import Problem
from metalctl.content.suggest import suggest
from metalctl.content.yaml import Mapping, Scalar, Sequence, short
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory
from metalctl.model.match import asked, match
from metalctl.model.profile import DiskRequirement, Profile
from metalctl.model.stage import Stage
from metalctl.model.words import fits

# What other stages find: their names are not the profile's to know.
_ELSEWHERE = frozenset({"sources", "identity", "expected", "check", "run", "node", "install", "handover", *Stage})
_HEALTH = tuple(f"{part}.health" for part in ("cpu", "memory", "power", "controllers", "volumes"))
_ALSO = ("memory.usable", "cpu.packages", "disks.hygiene", *_HEALTH)


def references(tree: Mapping, profile: Profile) -> list[Problem]:
    """The names that nothing on the content path, or nothing in the profile, answers to."""
    known = _requirements(profile)
    named = [*_named(tree, "waivers"), *_named(tree, "warnings")]
    return [
        *_checks(tree),
        *_operating_system(tree),
        *(p for key, n in named for p in _requirement(key, n, profile, known)),
    ]


def _named(tree: Mapping, key: str) -> Iterator[tuple[str, Scalar]]:
    """The requirements that `waivers` or `warnings` name."""
    written = tree.items.get(key)
    # `warnings` may be a single word.
    for item in written.items if isinstance(written, Sequence) else [written]:
        named = item.items.get("requirement") if isinstance(item, Mapping) else item
        if isinstance(named, Scalar):
            yield key, named


def _requirement(key: str, named: Scalar, profile: Profile, known: set[str]) -> Iterator[Problem]:
    """A waiver of a requirement that does not exist waives nothing, and nobody would know; one of all waives all."""
    # What is inherited may be of something that this profile took away.
    if named.place.file != profile.file or not known:
        return
    group = named.text.partition(".")[0]
    if set(group) & set("*?["):
        message = f"{key}: {short(named.text)} is not about one thing"
        yield Problem(named.place, message, "name the requirement, or a group of them such as memory.*")
    elif key == "warnings" and group == "check":
        message = f"{key}: {short(named.text)}: a check that fails always blocks"
        yield Problem(named.place, message, "waive it by name, or take it out of burn_in and accept")
    elif not any(fits(name, (named.text,)) for name in known) and ("." not in named.text or group not in _ELSEWHERE):
        message = f"{key}: the profile has no requirement {short(named.text)}"
        yield Problem(named.place, message, suggest(named.text, sorted(known)))


def _requirements(profile: Profile) -> set[str]:
    """The names of all that may be found: of an empty machine, and of what is found only where more is known."""
    empty = Inventory("in-band", Identity())
    found = {f.requirement for whole in _variants(profile) for f in match(empty, whole)}
    every = [profile.requires, *(v.requires for v in profile.variants)]
    words = ("members", "speed", "link", "mtu", "mac", "switches", "cards")
    bonds = {f"network.{b.name}.{word}" for needs in every for b in needs.bonds for word in words}
    disks = {f"disks.{d.role}.{name}" for needs in every for d in needs.disks for name in _of_disk(d)}
    cables = {f"cabling.{c.port}" for needs in every for c in needs.cabling}
    return found | bonds | disks | cables | set(_ALSO)


def _of_disk(need: DiskRequirement) -> list[str]:
    return [*(a.name for a in asked(need)), *(["uniform"] if need.uniform else [])]


def _variants(profile: Profile) -> Iterator[Profile]:
    yield replace(profile, variants=(), waivers=())
    for variant in profile.variants:
        yield replace(profile, requires=variant.requires, variants=(), waivers=())


def _checks(tree: Mapping) -> Iterator[Problem]:
    wanted = tree.items.get("checks")
    if not isinstance(wanted, Mapping) or not wanted.items:
        return
    known = checks.catalogue()
    for name in wanted.items:
        if name not in known:
            yield Problem(wanted.keys[name], f"no check is called {short(name)}", suggest(name, list(known)))
        elif isinstance(limits := wanted.items[name], Mapping):
            yield from _limits(known[name], limits)


def _limits(check: checks.Check, limits: Mapping) -> Iterator[Problem]:
    if check.limits is None:
        return
    for key, place in limits.keys.items():
        if key not in check.limits:
            message = f"checks.{check.name}: the check reads no limit called {short(key)}"
            yield Problem(place, message, suggest(key, list(check.limits)))
    for key in (k for k, default in check.limits.items() if default == checks.REQUIRED and k not in limits.items):
        hint = f"see: metalctl check show {check.name}"
        yield Problem(limits.place, f"checks.{check.name}: the limit {key} is missing", hint)


def _operating_system(tree: Mapping) -> Iterator[Problem]:
    install = tree.items.get("install")
    named = install.items.get("os") if isinstance(install, Mapping) else None
    known = images.names()
    if isinstance(named, Scalar) and named.text not in known:
        yield Problem(named.place, f"no operating system is called {short(named.text)}", suggest(named.text, known))
