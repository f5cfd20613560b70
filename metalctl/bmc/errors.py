"""Errors of the BMC room. What a class says of its fields is all that they carry."""

from __future__ import annotations

from metalctl.content.errors import Mistakes
from metalctl.model.errors import MetalctlError, UsageError


class BmcError(MetalctlError):
    """The root of the room."""


class BadEndpoint(BmcError, UsageError):
    """Not an address of a BMC."""


class BadTarget(BmcError, UsageError):
    """Not an address, range, network or file to scan."""


class Unreachable(BmcError):
    """Nothing answers in time, or the answer broke off."""


class NotABmc(BmcError):
    """It answers, but not as a BMC. No credential was sent to it."""


class BadAnswer(BmcError):
    """The BMC answered something that cannot be read: garbage JSON, HTTP 500. Fields: `status`, `messages` (ids)."""


class Missing(BadAnswer):
    """The BMC says that it has no such resource (404, 405, 501)."""


class Busy(BadAnswer):
    """The BMC says: not now (409, 412, 429, 503)."""


class Astray(BadAnswer):
    """The BMC leads off-host, in a circle or without end: a fault of its firmware, or an attack; it is not followed.

    Fields: `bmc`, `path`, `expected`, `got`.
    """


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


class Unsupported(BmcError):
    """This BMC cannot do what was asked."""


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
