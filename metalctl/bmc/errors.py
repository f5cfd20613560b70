"""Errors of the BMC room. What a class says of its fields is all that they carry."""

from __future__ import annotations

from metalctl.content.errors import Mistakes
from metalctl.model.errors import MetalctlError, UsageError


class BmcError(MetalctlError):
    """The root of the room."""


class Common(BmcError):
    """One of those that are raised in many places. usual_hint: of who gives no better one."""

    usual_hint = ""

    def __init__(self, message: str, *, hint: str = "", **fields: object) -> None:
        super().__init__(message, hint=hint or self.usual_hint, **fields)


class BadEndpoint(BmcError, UsageError):
    """Not an address of a BMC."""


class BadTarget(BmcError, UsageError):
    """Not an address, range, network or file to scan."""


class Unreachable(Common):
    """Nothing answers in time, or the answer broke off."""

    usual_hint = "check the address and the management network, and that the BMC is powered"


class NotABmc(BmcError):
    """It answers, but not as a BMC. No credential was sent to it."""


class BadAnswer(Common):
    """The BMC answered something that cannot be read: garbage JSON, HTTP 500. Fields: `status`, `messages` (ids)."""

    usual_hint = "see the BMC's event log; a reset or a newer firmware of the BMC may fix it"


class Missing(BadAnswer):
    """The BMC says that it has no such resource (404, 405, 501)."""

    usual_hint = "its firmware may be too old for this"


class Busy(BadAnswer):
    """The BMC says: not now (409, 412, 429, 503)."""

    usual_hint = "try again in a minute"


class Astray(BadAnswer):
    """The BMC leads off-host, in a circle or without end: a fault of its firmware, or an attack; it is not followed.

    Fields: `bmc`, `path`, `expected`, `got`.
    """

    def __init__(self, message: str, *, bmc: str, path: str, expected: str, got: str) -> None:
        super().__init__(message, bmc=bmc, path=path, expected=expected, got=got)


class CertificateUntrusted(BmcError):
    """The certificate does not verify against the given authorities. No credential was sent."""


class CertificateChanged(BmcError):
    """Not the recorded certificate. Fields: `expected`, `got` (SHA-256, hex). No credential was sent."""


class WrongPassword(BmcError):
    """The credential was refused once and is not tried again, because of lock-outs."""


class SystemNotChosen(BmcError):
    """The BMC manages several systems, or none of that name. Field `systems`: the ids to choose from."""


class PowerNotReached(BmcError):
    """The power state is another one in spite of the command. Fields: `wanted`, `got` (the state read last)."""


class BootNotSet(BmcError):
    """The boot device is another one in spite of the command. Fields: `wanted`, `got` (what was read last)."""


class Unsupported(Common):
    """This BMC cannot do what was asked."""

    usual_hint = "see the BMC's log; its firmware may be too old"


class CsvErrors(BmcError, Mistakes):
    """Every mistake of a nodes file at once, each with its row and its column (from 1); nothing of it was imported."""


class BadCapture(BmcError, UsageError):
    """Not a capture that can be replayed, or one that cannot be written."""


class QuirkErrors(BmcError, Mistakes):
    """Every mistake of the quirk files at once; nothing of them is used."""


class NotApplied(BmcError):
    """What was written does not read back. Fields: `wanted`, `got` (what was read last)."""


class TaskFailed(BmcError):
    """The BMC's own task ended badly, or not in time. Fields: `task` (its path), `state`."""
