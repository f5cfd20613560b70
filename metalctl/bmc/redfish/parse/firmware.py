"""Pure parsers: the firmware list of the update service, which mixes what runs with images that only lie there.

A record is an image that does not run where a word of its id or name says so (Previous-…, BMC-Backup, StagedBIOS,
Redundant System ROM) or its state (StandbySpare). Several BMCs list every image by one name: then its id tells which
part it is of.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.fields import Schema
from metalctl.bmc.redfish.schema.links import last, path_of, plain
from metalctl.bmc.redfish.schema.manager import Software
from metalctl.bmc.redfish.schema.values import child, inside, items
from metalctl.model import placeholders
from metalctl.model.inventory import Firmware
from metalctl.model.parts import folded

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# What image it is, by the words of id and name; _TOLD also by those of the description.
_TOLD = {
    "previous": r"previous|prior|roll ?back|last known good",
    "backup": r"(?<!battery )backup(?! (?:battery|power|unit))|golden|recovery|alternate|fall ?back|"
    r"redundant (?:system )?(?:rom|bios|bmc|image)",
}
_NAMED = {
    "backup": r"factory|secondary(?! (?:port|nic|slot|controller|cpu|psu|power))|"
    r"redundant(?! (?:power|psu|supply|fan|array))|mirror",
    "staged": r"staged|staging|pending|available|downloaded|uploaded|next boot",
    "inactive": r"inactive|passive|standby (?:image|bank|bios|bmc|rom)|(?:image|bank|bios|bmc|rom) standby",
}
_STATES = {"standbyspare": "backup", "standbyoffline": "backup", "disabled": "inactive", "updating": "staged",
           "unavailableoffline": "inactive", "deferring": "staged"}  # fmt: skip
# What a maker's extension or an annotation says of it, word for word (folded), under a name that is about its state.
_ABOUT_STATE = re.compile(r"(?:image|firmware|software)?(?:status|state|role|activation|bank)")
_SAYS = {"available": "staged", "availableforinstallation": "staged", "staged": "staged", "pending": "staged",
         "ready": "staged", "inactive": "inactive", "standby": "backup", "backup": "backup", "secondary": "backup",
         "alternate": "backup", "golden": "backup", "factory": "backup", "recovery": "backup", "redundant": "backup",
         "previous": "previous", "rollback": "previous", "availableforrollback": "previous"}  # fmt: skip
_RUNNING = frozenset({"active", "isactive", "running", "isrunning", "installed", "isinstalled"})
_INSTALLED, _CURRENT = "installed", "current"
_RUNS = r"installed|current|active|primary|running"
_MARK = "|".join([*_TOLD.values(), *_NAMED.values(), _RUNS])
_NO_NAMES = re.compile(r"(?:(?:software|firmware|inventory|image|version|component)s? ?)+")
# A machine runs one of each: where its version is known, other versions of that name do not run.
_MOST_HINTS = 500
_ONLY_ONE = frozenset({"bios", "uefi", "bmc"})


@dataclass(frozen=True, slots=True, eq=False)
class _Image:
    """One entry. about: what it is of, by its id without version and without what image; state: what image it is."""

    json: Software
    id: str
    about: str
    state: str

    def says(self, word: str) -> bool:
        """Whether its id or name has this word."""
        return word in f"{_words(self.id)} {_words(self.json.name)}".split()


def _image_of(one: Software) -> _Image:
    own = one.id or last(one.path)
    image = _image(own, one.name, one.about, one.state) or next(_hints(one.json), "")
    return _Image(one, own, _about(own, one.name, one.version), image)


def _hints(json: Resource) -> Iterator[str]:
    """The images that its extensions name: "staged", "inactive"…; nothing for one that runs."""
    told = {name: value for name, value in json.items() if name == "Oem" or name[:9] == "@Redfish."}
    for name, value in inside(told, _MOST_HINTS):
        if isinstance(value, str) and _ABOUT_STATE.fullmatch(folded(name)) and (image := _SAYS.get(folded(value))):
            yield image
        elif value is False and folded(name) in _RUNNING:
            yield "inactive"


@lru_cache(maxsize=4096)  # the machines of a rack list the same
def _about(one: str, name: str, version: str) -> str:
    bare = re.sub(rf"\b(?:{_MARK})\b", " ", _words(_unversioned(one, version)))
    return " ".join(bare.split()) or _words(name)


def _unversioned(one: str, version: str) -> str:
    """The id without the version, where it carries it beside other words: "31-22.4__NIC.7", but not all of "22"."""
    bare = re.sub(rf"(?<![A-Za-z0-9]){re.escape(version)}(?![A-Za-z0-9])", "", one)
    return bare if re.search(r"[A-Za-z0-9]", bare) else one


@lru_cache(maxsize=4096)
def _image(one: str, name: str, about: str, state: str) -> str:
    named = f"{_words(one)} {_words(name)}"
    told = f"{named} {_words(about)}"
    looks = [*((image, kind, told) for image, kind in _TOLD.items()), *((i, k, named) for i, k in _NAMED.items())]
    found = next((image for image, kind, text in looks if re.search(rf"\b(?:{kind})\b", text)), "")
    return found or _STATES.get(state, "")


@lru_cache(maxsize=4096)
def _words(text: str) -> str:
    """ "SystemRomBackup" and "system-rom-backup" as words: "system rom backup"."""
    return " ".join(_TOKEN.findall(text)).lower()


def firmwares(
    found: Iterable[Software], running: Collection[str] = (), idle: Collection[str] = ()
) -> tuple[Firmware, ...]:
    """Each firmware once; running: versions that run, as the system and the manager themselves say (BIOS and BMC).

    idle: addresses of images beside the one that the manager says is active (see `idle_images`).
    """
    records = [_image_of(one) for one in found if placeholders.text(one.version) and not one.absent]
    records = [replace(one, state=one.state or "inactive") if plain(one.json.path) in idle else one for one in records]
    by_name: dict[str, list[_Image]] = defaultdict(list)
    for one in records:
        by_name[one.json.name].append(one)
    kept = {
        (firmware.component, firmware.version, firmware.state): firmware
        for listed in reversed(by_name.values())
        for firmware in reversed(_of_name(listed, running))
    }
    return tuple(sorted(kept.values(), key=lambda one: (one.component, one.version, one.state)))


def idle_images(owners: Iterable[Schema]) -> frozenset[str]:
    """The images that a manager or system has beside its active one (Manager.Links.ActiveSoftwareImage)."""
    idle: set[str] = set()
    for one in owners:
        links = child(one.json, "Links")
        active = plain(path_of(child(links, "ActiveSoftwareImage")))
        idle |= {plain(path_of(image)) for image in items(links, "SoftwareImages")} - {active} if active else set()
    return frozenset(idle)


def _of_name(listed: list[_Image], running: Collection[str]) -> list[Firmware]:
    """The records of one name, each as what it is of and what image it is."""
    components = _components(listed)
    groups: dict[str, list[_Image]] = defaultdict(list)
    alone = bool(_ONLY_ONE & set(_words(listed[0].json.name).split()))
    for one in listed:
        groups["" if alone else one.about].append(one)
    made = []
    for group in groups.values():
        for one in group:
            if (state := _state(one, group, running)) is not None:
                made.append(_firmware(one.json, components[id(one)], state))
    return made


def _state(one: _Image, group: list[_Image], running: Collection[str]) -> str | None:
    """What image it is; None for the copy of what is installed."""
    installed = _installed_as(one, group) if one.says(_CURRENT) else set()
    if one.json.version in installed:
        return None
    if one.state or installed:
        return one.state or "staged"
    runs = {other.json.version for other in group if not other.state} & set(running)
    return "inactive" if runs and one.json.version not in runs else ""


def _installed_as(one: _Image, group: list[_Image]) -> set[str]:
    """The versions of the others that are of the same, and say that they are installed."""
    same = (other for other in group if other is not one and other.about == one.about)
    return {other.json.version for other in same if other.says(_INSTALLED)}


def _components(listed: list[_Image]) -> dict[int, str]:
    """What each is called: its name; where it is that of several parts, with what its id says besides."""
    name = listed[0].json.name
    bare = "" if _NO_NAMES.fullmatch(_words(name)) else name
    if len({one.about for one in listed}) == 1:
        return {id(one): name for one in listed}
    tails = [_tail(one, [one.about for one in listed].count(one.about) > 1) for one in listed]
    of = {tail: {one.about for one, other in zip(listed, tails, strict=True) if other == tail} for tail in tails}
    return {
        id(one): f"{bare} {tail if len(of[tail]) == 1 else one.id}".strip()
        for one, tail in zip(listed, tails, strict=True)
    }


def _tail(one: _Image, has_others: bool) -> str:
    """The id without version (and, where other images of it are listed, without which it is): its longest piece."""
    marks = _MARK if has_others else _RUNS
    bare = re.sub(rf"(?i)(?:^|(?<=[\W_]))(?:{marks})(?:$|(?=[\W_]))", "", _unversioned(one.id, one.json.version))
    return max((piece.strip("-_. ") for piece in re.split(r"__+|\s+", bare)), key=len) or one.id


def _firmware(one: Software, component: str, state: str) -> Firmware:
    date = one.released[:10] if _DATE.match(one.released) else ""
    return Firmware(component, one.version, one.manufacturer, date, state)
