"""What a profile names must exist: checks and their limits in checks/, the operating system in pxe/images/."""

from __future__ import annotations

from collections.abc import Iterator

from metalctl.content import checks, paths
from metalctl.content.errors import Problem
from metalctl.content.profiles._tree import Mapping, Scalar, short
from metalctl.content.suggest import suggest


def references(tree: Mapping) -> list[Problem]:
    """The names that nothing on the content path answers to."""
    return [*_checks(tree), *_operating_system(tree)]


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
