"""What a person may write into settings or a profile has an effect: something reads every field of it."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from metalctl.boot.settings import BootSettings
from metalctl.content import profiles
from metalctl.engine import settings
from metalctl.handover import Settings as HandoverSettings
from metalctl.model import profile, site, watch
from metalctl.model.finding import Waiver
from tests.unit.dev.reads import Sources

ROOT = Path(__file__).parents[3] / "metalctl"
# The schema itself fills the fields; these rooms know neither settings nor profiles.
NOT_READERS = ("metalctl.content.profiles", "metalctl.bmc", "metalctl.lab")
WRITTEN = {
    "settings": [settings.Settings, settings.Boot, settings.Ironic, settings.Web, settings.Bmcs, BootSettings,
                 HandoverSettings],
    "a profile": [profile.Profile, profile.Requires, profile.CpuRequirement, profile.MemoryRequirement,
                  profile.DiskRequirement, profile.HealthLimits, profile.BondRequirement, profile.NicRequirement,
                  profile.PowerRequirement, profile.BmcRequirement, profile.Cable, profile.Variant, profile.Drive,
                  profile.Install, profile.Range, profile.SiteRequirement, watch.Watch, watch.Need,
                  watch.Limit, Waiver],
}  # fmt: skip
UNREAD = {
    "Install.kernel_options": "issue 12 writes it into the installed system's boot loader",
}
# Keys of a profile → the field that holds them, where it has another name.
KEPT_AS = {"when": "variants", "network": "nics", "extends": "file"}


@cache
def sources() -> Sources:
    return Sources(ROOT, NOT_READERS)


def unread(kind: Any) -> list[str]:
    owner = f"{kind.__module__}.{kind.__qualname__}"
    return [f"{kind.__name__}.{one.name}" for one in fields(kind) if not sources().reads(owner, one.name)]


@pytest.mark.parametrize("what", WRITTEN)
def test_every_field_is_read_by_something(what: str) -> None:
    found = [name for kind in WRITTEN[what] for name in unread(kind)]
    assert found == [name for name in UNREAD if name in found], "read it, or take it out"


def test_what_nothing_reads_is_listed_only_while_nothing_reads_it() -> None:
    assert sorted(UNREAD) == sorted(n for kinds in WRITTEN.values() for kind in kinds for n in unread(kind))


def test_no_dataclass_of_profiles_is_forgotten() -> None:
    for module in (profile, site, watch):
        known = {k.__name__ for k in WRITTEN["a profile"]}
        made = {n for n, k in vars(module).items() if getattr(k, "__module__", "") == module.__name__ and
                hasattr(k, "__dataclass_fields__") and isinstance(k, type)}  # fmt: skip
        assert made <= known, module.__name__


def test_every_key_that_a_profile_may_have_is_kept_in_a_field() -> None:
    kept = {one.name for kind in WRITTEN["a profile"] for one in fields(kind)}
    keys = set(_keys(profiles.json_schema()))
    things = set(watch.TRUE_SOURCES) | set(watch.KINDS)
    assert len(keys) > 80
    assert sorted(k for k in keys - things if KEPT_AS.get(k, k) not in kept) == []


def _keys(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [key for inner in schema for key in _keys(inner)]
    if not isinstance(schema, dict):
        return []
    own = schema.get("properties", {})
    return [*own, *(key for inner in [*schema.values(), *own.values()] for key in _keys(inner))]


PROGRAM = {
    "things.py": "class Inner:\n    a: int\n    b: int\n    c: int\n    d: int\n    e: int\n    f: int\n"
    "class Outer:\n    inner: Inner\n    many: list[Inner]\n    def pick(self) -> Inner: ...\n",
    "use.py": "from metalctl.things import Outer as O\n"
    "def f(o: O, other):\n    x = o.inner\n    other.f, x.a\n    [i.b for i in o.many]\n"
    "    for n, i in enumerate(o.many):\n        i.c\n    o.pick().d\n    o.inner.e = 3\n",
}


def test_reads_are_told_apart_by_the_type_of_what_is_read(tmp_path: Path) -> None:
    for name, text in PROGRAM.items():
        (tmp_path / "metalctl").mkdir(exist_ok=True)
        (tmp_path / "metalctl" / name).write_text(text)
    found = Sources(tmp_path / "metalctl")
    assert [n for n in "abcdef" if found.reads("metalctl.things.Inner", n)] == list("abcd")
