"""Virtual media: an image that the BMC shows to the machine as a CD or a stick.

What the BMC rejects in InsertMedia (community.general#4839, bmclib#398) is left out, what it demands is added, and then
it is asked again, whether a quirk knew it before or not. Inserted, not Image, says whether something is in: some keep
the name of what was ejected.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from metalctl.bmc.errors import Missing, NotApplied, Unsupported
from metalctl.bmc.redfish.act import demands, tasks
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.links import last
from metalctl.bmc.redfish.schema.values import child, link, linked, text

KINDS = {"cd": ("CD", "DVD"), "usb": ("USBStick", "Removable")}
SETTLES = 30.0
_DEMANDED = ("TransferProtocolType", "TransferMethod", "UserName", "Password", "MediaType")
_MAY_LEAVE_OUT = ("WriteProtected", "Inserted", *_DEMANDED)


@dataclass(frozen=True, slots=True)
class Slot:
    """One virtual drive. kinds: as in KINDS. image: "" when nothing is inserted."""

    path: str
    name: str
    kinds: tuple[str, ...]
    inserted: bool
    image: str


def slots(wire: Wire) -> list[Slot]:
    """The drives that can be used, of the system or its managers. Raises Unsupported when there are none."""
    for collection in _collections(wire):
        paths = linked(wire.get(collection), "Members")
        if found := [slot for path in paths if (slot := _slot(wire, path)) and _usable(wire, slot)]:
            return found
    raise Unsupported(
        f"{wire.name} has no virtual media that can be used", hint="check whether the BMC needs a licence for it"
    )


def insert(wire: Wire, url: str, kind: str) -> tuple[Slot, Slot]:
    """The drive before and after `url` was put into it; nothing is sent when it is in already."""
    slot = _of_kind(wire, kind)
    if slot.inserted and slot.image == url:
        return slot, slot
    if slot.inserted:
        _eject(wire, slot)
    _insert(wire, slot, url, kind)
    return slot, _wait(wire, slot.path, lambda got: got.inserted and _same(got.image, url), f"hold {url}")


def eject(wire: Wire, kind: str) -> tuple[Slot, Slot]:
    """The drive before and after it was emptied."""
    slot = _of_kind(wire, kind)
    if not slot.inserted:
        return slot, slot
    return slot, _eject(wire, slot)


def _collections(wire: Wire) -> list[str]:
    own = link(wire.system(), "VirtualMedia")
    of_managers = [path for manager in wire.managers() if (path := link(wire.get(manager), "VirtualMedia"))]
    found = [own, *of_managers] if wire.quirks.media_of == "system" else [*of_managers, own]
    return [path for path in found if path]


def _of_kind(wire: Wire, kind: str) -> Slot:
    if kind not in KINDS:
        raise Unsupported(f"there is no virtual media {kind!r}", hint=f"use one of {', '.join(KINDS)}")
    found = [slot for slot in slots(wire) if kind in slot.kinds]
    if not found:
        raise Unsupported(f"{wire.name} has no virtual {kind}", hint="try the other kind")
    # One that holds something is taken first: an image that is in already is found again after a crash.
    return max(found, key=lambda slot: slot.inserted)


def _usable(wire: Wire, slot: Slot) -> bool:
    return not wire.quirks.media_slot or re.search(wire.quirks.media_slot, slot.name) is not None


def _slot(wire: Wire, path: str) -> Slot | None:
    try:
        return _read(wire, wire.get(path), path)
    except Missing:
        return None


def _read(wire: Wire, resource: Resource, path: str) -> Slot:
    types = resource.get("MediaTypes")
    told = {str(one) for one in types} if isinstance(types, list) else {"CD"}
    image = text(resource, "Image")
    stated = resource.get("Inserted")
    # Without Inserted, an image is the only sign there is, unless this BMC is known to keep it.
    inserted = stated if isinstance(stated, bool) else bool(image) and not wire.quirks.media_image_stays
    if not wire.quirks.media_image_stays and not image:
        inserted = False
    kinds = tuple(kind for kind, names in KINDS.items() if told & set(names))
    name = text(resource, "Id") or last(path)
    return Slot(path, name, kinds, inserted, image if inserted else "")


def _insert(wire: Wire, slot: Slot, url: str, kind: str) -> None:
    action = _action(wire, slot, "InsertMedia")
    known = demands.allowed(action, _demanded(url, kind))
    body = {"Image": url, "Inserted": True, "WriteProtected": True, **demands.required(wire, action, known)}
    body |= wire.quirks.media_add
    for name in wire.quirks.media_leave_out:
        body.pop(name, None)
    tried: list[dict[str, Any]] = []
    while True:
        try:
            _say(wire, slot, text(action, "target"), body)
            return
        except (Unsupported, Missing) as error:
            tried.append(body)
            body = demands.again(error, body, known, _MAY_LEAVE_OUT)
            if body in tried:
                raise


def _demanded(url: str, kind: str) -> dict[str, Any]:
    """What some BMCs want to be told besides, and the values of it; an image is fetched without a login."""
    return dict(zip(_DEMANDED, (urlsplit(url).scheme.upper(), "Stream", "", "", KINDS[kind][0]), strict=True))


def _eject(wire: Wire, slot: Slot) -> Slot:
    target = text(_action(wire, slot, "EjectMedia"), "target")
    _say(wire, slot, target, {} if target else {"Image": None, "Inserted": False})
    return _wait(wire, slot.path, lambda got: not got.inserted, "be empty")


def _say(wire: Wire, slot: Slot, target: str, body: dict[str, Any]) -> None:
    tasks.settle(wire, wire.post(target, body) if target else wire.patch(slot.path, body))


def _action(wire: Wire, slot: Slot, name: str) -> Resource:
    """What the drive tells of an action, {} where there is none: then the slot is patched."""
    return child(wire.get(slot.path), "Actions", f"#VirtualMedia.{name}")


def _wait(wire: Wire, path: str, good: Callable[[Slot], bool], what: str) -> Slot:
    got = wire.clock.until(lambda: _read(wire, wire.get(path), path), good, SETTLES)
    if good(got):
        return got
    state, hint = (
        f"holds {got.image}" if got.inserted else "is empty",
        "check that the BMC can reach the image's server;",
    )
    told = f"virtual media {got.name} should {what}, but {state}"
    raise NotApplied(f"{wire.name}: {told}", hint=f"{hint} see its log", wanted=what, got=state)


def _same(told: str, url: str) -> bool:
    """Whether the BMC names our image; some show only its path or file."""
    return not told or told == url or last(told) == last(url)
