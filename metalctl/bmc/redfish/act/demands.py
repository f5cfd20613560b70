"""What a BMC demands of an action beside what it needs, and what it will not have: found out from its own words.

    body = {**body, **required(wire, action, known)}    # what its ActionInfo calls required, before the first request
    body = again(error, body, known, optional)          # after a refusal: what it names is added, or left out

known: name → the value to give where it is demanded. A refusal that names nothing of the kind is final.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from metalctl.bmc.errors import BmcError
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.client.refusals import names_property, told_by
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import items, text

_MISSING, _UNWANTED = re.compile(r"Missing|Required"), re.compile(r"Unknown|NotSupported|NotWritable|Unneeded")
_FINAL = re.compile(r"PasswordChangeRequired$|InsufficientPrivilege$")


def folded(word: str) -> str:
    """Letters and digits in lower case: how two spellings of one value are compared."""
    return "".join(c for c in word.lower() if c.isalnum())


def required(wire: Wire, action: Resource, known: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that the action's ActionInfo calls required, of those that we know a value for."""
    return {
        name: _spelt(known[name], one.get("AllowableValues"))
        for one in _parameters(wire, action)
        if one.get("Required") is True and (name := text(one, "Name")) in known
    }


def allowed(action: Resource, known: Mapping[str, Any]) -> dict[str, Any]:
    """The known values, each as the action's own annotations spell it."""
    return {name: _spelt(value, action.get(f"{name}@Redfish.AllowableValues")) for name, value in known.items()}


def again(
    error: BmcError, body: Mapping[str, Any], known: Mapping[str, Any], optional: Sequence[str]
) -> dict[str, Any]:
    """The body to try after a refusal: the same one when the refusal names nothing that can be added or left out."""
    ids = " ".join(told_by(error, "messages"))
    if any(_FINAL.search(one) for one in ids.split()):
        return dict(body)
    lacks = () if _UNWANTED.search(ids) else names_property(error, *(set(known) - set(body)))
    has = () if _MISSING.search(ids) else names_property(error, *(set(optional) & set(body)))
    return {name: value for name, value in body.items() if name not in has} | {
        name: known[name] for name in sorted(lacks)
    }


def _parameters(wire: Wire, action: Resource) -> list[Resource]:
    path = action.get("@Redfish.ActionInfo")
    if not isinstance(path, str):
        return []
    try:
        return items(wire.get(path), "Parameters")
    except BmcError:
        return []  # what it demands is found out by asking


def _spelt(value: Any, values: object) -> Any:
    """The value as the BMC spells it; the only one that it allows where ours is none of them."""
    names = [one for one in values if isinstance(one, str)] if isinstance(values, list) else []
    if not isinstance(value, str) or not names:
        return value
    ours = next((one for one in names if folded(one) == folded(value)), "")
    return ours or (names[0] if len(names) == 1 else value)
