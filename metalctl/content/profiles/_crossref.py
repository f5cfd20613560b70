"""What a profile names must exist: checks and their limits in checks/, the operating system in pxe/images/, and the
requirements that a waiver waives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from metalctl.content import checks, paths
from metalctl.content.errors import Problem
from metalctl.content.profiles._tree import Mapping, Scalar, Sequence, short
from metalctl.content.suggest import suggest
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory
from metalctl.model.match import asked, match
from metalctl.model.profile import Profile
from metalctl.model.words import fits


def references(tree: Mapping, profile: Profile) -> list[Problem]:
    """The names that nothing on the content path, or nothing in the profile, answers to."""
    return [*_checks(tree), *_operating_system(tree), *_waivers(tree, profile)]


def _waivers(tree: Mapping, profile: Profile) -> Iterator[Problem]:
    """A waiver of a requirement that does not exist waives nothing, and nobody would know."""
    written = tree.items.get("waivers")
    known = _requirements(profile)
    for item in written.items if isinstance(written, Sequence) else ():
        named = item.items.get("requirement") if isinstance(item, Mapping) else None
        # An inherited waiver may be of something that this profile took away.
        if not isinstance(named, Scalar) or named.file != profile.file or not known:
            continue
        ours = named.text.partition(".")[0] in {name.partition(".")[0] for name in known}
        if not any(fits(name, (named.text,)) for name in known) and (ours or "." not in named.text):
            message = f"waivers: the profile has no requirement {short(named.text)}"
            yield Problem(named.file, named.line, message, suggest(named.text, sorted(known)))


def _requirements(profile: Profile) -> set[str]:
    """The names of all that may be found: of an empty machine, and of what is found only where more is known."""
    empty = Inventory("in-band", Identity())
    found = {f.requirement for whole in _variants(profile) for f in match(empty, whole)}
    bonds = {b.name for needs in (profile.requires, *(v.requires for v in profile.variants)) for b in needs.bonds}
    words = ("members", "speed", "link", "mtu", "switches", "cards")
    disks = {f"disks.{d.role}.{a.name}" for d in profile.requires.disks for a in asked(d)}
    return found | disks | {"memory.usable", "cpu.packages"} | {f"network.{b}.{word}" for b in bonds for word in words}


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
            file, line = wanted.lines[name]
            yield Problem(file, line, f"no check is called {short(name)}", suggest(name, list(known)))
        elif isinstance(limits := wanted.items[name], Mapping):
            yield from _limits(known[name], limits)


def _limits(check: checks.Check, limits: Mapping) -> Iterator[Problem]:
    if check.limits is None:
        return
    for key, (file, line) in limits.lines.items():
        if key not in check.limits:
            message = f"checks.{check.name}: the check reads no limit called {short(key)}"
            yield Problem(file, line, message, suggest(key, list(check.limits)))
    for key in (k for k, default in check.limits.items() if default == checks.REQUIRED and k not in limits.items):
        hint = f"see: metalctl check show {check.name}"
        yield Problem(limits.file, limits.line, f"checks.{check.name}: the limit {key} is missing", hint)


def _operating_system(tree: Mapping) -> Iterator[Problem]:
    install = tree.items.get("install")
    named = install.items.get("os") if isinstance(install, Mapping) else None
    known = sorted({p.name for folder in paths.find_all("pxe/images") for p in folder.iterdir() if p.is_dir()})
    if isinstance(named, Scalar) and named.text not in known:
        yield Problem(
            named.file, named.line, f"no operating system is called {short(named.text)}", suggest(named.text, known)
        )
