"""From a resolved tree to a `Profile`. Every mistake is noted, not only the first."""

from __future__ import annotations

from metalctl.content import yaml
from metalctl.content.errors import Problem
from metalctl.content.profiles import _values as v
from metalctl.content.profiles._errors import errors
from metalctl.content.profiles._requires import requires
from metalctl.content.suggest import suggest
from metalctl.content.yaml import Mapping, Reader, Scalar
from metalctl.model.finding import Waiver
from metalctl.model.profile import DiskRequirement, Drive, Install, Profile, Requires, Variant

ROLES = ("controller", "compute", "storage")


def profile_of(tree: Mapping, name: str, file: str, problems: list[Problem]) -> Profile:
    """The profile that the tree describes; usable only when no problem was added. The digest is left empty."""
    return read_profile(Reader(tree, "", problems), name, file)


def read_profile(top: Reader, name: str, file: str) -> Profile:
    """The same from a reader; one that records gives the JSON Schema."""
    role = top.required("role", yaml.one_of(*ROLES), "compute")
    summary = top.value("summary", yaml.word, "")
    asked = top.mapping("requires")
    needs = requires(asked)
    checks = {check: _limits(limits) for check, limits in top.tables("checks").items()}
    profile = Profile(
        name=name,
        role=role,
        summary=summary,
        requires=needs,
        checks=checks,
        burn_in=_named(top, "burn_in", checks),
        accept=_named(top, "accept", checks),
        errors=errors(top),
        install=_install(top.mapping("install"), needs.disks),
        lab=top.value("lab", yaml.boolean, False),
        file=file,
        variants=tuple(_variant(item, asked, top.node.place.file) for item in top.mappings("when")),
        waivers=tuple(_waiver(item) for item in top.mappings("waivers")),
        warnings=top.words("warnings", yaml.word, single=True),
        # The child's word comes before its parent's.
        drives=tuple(_drive(model, r) for model, r in reversed(top.tables("drives").items())),
    )
    _root_everywhere(top, profile)
    top.done()
    return profile


def _limits(r: Reader) -> dict[str, float | str | bool]:
    limits: dict[str, float | str | bool] = {}
    for key, node in r.free(v.LIMIT).items.items():
        if not isinstance(node, Scalar):
            r.note(node, key, "a single value")
            continue
        try:
            limits[key] = v.limit(key, node.text, node.plain)
        except yaml.Mismatch as wrong:
            r.note(node, key, wrong.expected, wrong.hint)
    return limits


def _named(top: Reader, key: str, checks: dict[str, dict[str, float | str | bool]]) -> tuple[str, ...]:
    """A list of names out of `checks`."""

    def read(text: str) -> str:
        if text not in checks:
            raise yaml.Mismatch("a name that stands under checks", suggest(text, sorted(checks)))
        return text

    return top.words(key, yaml.Value(read, {"type": "string"}))


def _install(r: Reader, disks: tuple[DiskRequirement, ...]) -> Install:
    os_name = r.value("os", yaml.name, Install().os)
    options = r.words("kernel_options", yaml.word)
    role = _root_disk(r)
    roles = [d.role for d in disks]
    if role not in roles:
        node = r.node.items.get("root_disk", r.node)
        hint = suggest(role, roles) or "add it under requires.disks"
        r.note(node, "root_disk", "a role that stands under requires.disks", hint, got=f'"{role}"')
    r.done()
    return Install(os_name, role, options)


def _root_disk(r: Reader) -> str:
    """Written as `root_disk: os` or `root_disk: {role: os}`."""
    node = r.node.items.get("root_disk")
    if not isinstance(node, Mapping):
        return r.value("root_disk", yaml.name, Install().root_disk)
    inner = r.mapping("root_disk")
    role = inner.required("role", yaml.name, Install().root_disk)
    inner.done()
    return role


def _root_everywhere(top: Reader, profile: Profile) -> None:
    """A variant that replaces the disks must keep the one that is installed on."""
    for item, variant in zip(top.mappings("when"), profile.variants, strict=False):
        if profile.install.root_disk not in [d.role for d in variant.requires.disks] and variant.requires.disks:
            expected = f"a disk of role {profile.install.root_disk}, which install.root_disk names"
            item.note(item.node, "requires.disks", expected, got="none")


def _variant(r: Reader, asked: Reader, home: str) -> Variant:
    """One item of `when`: vendor, model and what is laid over `requires` for machines of that make."""
    vendor, model = r.value("vendor", yaml.word, ""), r.value("model", yaml.word, "")
    if not vendor and not model:
        r.note(r.node, "vendor", "vendor or model, or both", got="neither")
    needs: Requires = requires(r.mapping("requires").over(asked, home))
    r.done()
    return Variant(vendor, model, needs)


def _waiver(r: Reader) -> Waiver:
    waiver = Waiver(
        requirement=r.required("requirement", yaml.word, ""),
        who=r.required("who", yaml.word, ""),
        why=r.required("why", yaml.word, ""),
        until=r.required("until", yaml.day, ""),
    )
    r.done()
    return waiver


def _drive(model: str, r: Reader) -> Drive:
    drive = Drive(
        model=model,
        endurance=r.value("endurance", v.writes, None),
        power_loss_protection=r.value("power_loss_protection", yaml.boolean, None),
    )
    r.done()
    return drive
