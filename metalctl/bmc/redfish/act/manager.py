"""Reset of the BMC itself, and waiting until it serves again: 90 to 200 seconds are normal (xcat-core#2693).

It must have been away, or state another reset time: a BMC that accepts the reset and goes on as before was not reset.
While it starts it is asked without a credential: a BMC whose user database is not up yet answers 401, and counts.
"""

from __future__ import annotations

from metalctl.bmc.errors import BmcError, Busy, CertificateChanged, NotApplied, Unreachable, Unsupported
from metalctl.bmc.redfish.act.power import reset_action
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.schema.values import text

POLL = 5.0
AWAY_POLL = 2.0  # some are back within five seconds: to be away must not be missed
ROOT = "/redfish/v1/"
LOGINS = 3


def reset(wire: Wire) -> float:
    """Reset it; seconds until it served again. Raises NotApplied, Unsupported, Unreachable."""
    path, target, kind = _how(wire)
    last = text(wire.get(path), "LastResetTime")
    begun = wire.clock.now()
    try:
        wire.post(target, {"ResetType": kind}, patient=False)
    except Unreachable:
        pass  # it may be gone before it answers
    except Busy as error:
        # xcat-core#3832: the web server's "gateway timeout", because what is behind it restarts already.
        if error.fields.get("status") not in (500, 502, 503, 504):
            raise
    _wait_away(wire, path, last)
    _wait_back(wire)
    return wire.clock.now() - begun


def _how(wire: Wire) -> tuple[str, str, str]:
    """Path of the manager, target of its reset, and the ResetType."""
    for path in wire.managers():
        target, allowed = reset_action(wire, wire.get(path), "#Manager.Reset")
        kind = next((one for one in wire.quirks.bmc_resets if not allowed or one in allowed), "")
        if target and kind:
            return path, target, kind
    raise Unsupported(f"{wire.name} cannot reset itself over Redfish", hint="try it over IPMI")


def _wait_away(wire: Wire, path: str, last: str) -> None:
    lingers = wire.quirks.bmc_lingers
    if not wire.clock.until(lambda: _is_away(wire, path, last), bool, lingers, AWAY_POLL):
        told, hint = f"went on answering for {lingers:g} s", "try it again, or reset it over IPMI"
        raise NotApplied(f"{wire.name} accepted its reset, and {told}", hint=hint, wanted="reset", got="not reset")


def _is_away(wire: Wire, path: str, last: str) -> bool:
    try:
        wire.get_open(ROOT)
        return bool(last) and text(wire.get(path), "LastResetTime") not in ("", last)
    except CertificateChanged:
        raise
    except BmcError:
        return True


def _wait_back(wire: Wire) -> None:
    deadline = wire.clock.now() + wire.quirks.bmc_back
    logins, why = LOGINS, ""
    while wire.clock.now() < deadline and logins:
        wire.clock.sleep(POLL)
        try:
            wire.get_open(ROOT)
            logins -= 1
            wire.client.access.doubt()  # its users may not be up yet; LOGINS bounds what that may cost
            wire.system()
            return wire.client.access.trust()
        except CertificateChanged:
            raise
        except BmcError as error:
            why = error.message
            logins += error.fields.get("status") not in (401, 403) and logins < LOGINS
    raise Unreachable(
        f"{wire.name} does not serve again {wire.quirks.bmc_back:g} s after its reset ({why})",
        hint="give it some more minutes; if it stays away, its power must be cut",
    )
