"""Errors of the BMC room.

BmcError                  the one root; fields carry `bmc` (the endpoint) where there is one
├── BadEndpoint           (UsageError) not an address of a BMC
├── BadTarget             (UsageError) not something that can be scanned
├── CsvErrors             (UsageError) a nodes file with mistakes: all of them, in `problems`
├── ManifestErrors        (UsageError) a manifest of expected machines with mistakes (in manifest.py)
├── Unreachable           nothing answers, or the answer broke off
├── NotABmc               something answers, but not as a BMC; no credential was sent
├── BadAnswer             a BMC answered something that cannot be read (garbage JSON, HTTP 500)
│   ├── Missing           it says that it has no such resource (404, 405, 501)
│   ├── Busy              try again later (409, 412, 429, 503)
│   └── Refused           it leads astray (off-host, in a circle, without end): a fault of its firmware, or an attack
├── CertificateChanged    the TLS certificate is not the recorded one; no credential was sent
├── CertificateUntrusted  no authority that we were told to trust signed the certificate; no credential was sent
├── WrongPassword         the credential was refused, and is not tried again (lock-out)
├── SystemNotChosen       the BMC manages several systems, or none of the asked name
├── BadCapture            (UsageError) not a capture of a BMC, or it cannot be written
├── QuirkErrors           (UsageError) quirk files with mistakes: all of them, in `problems`
├── NotApplied            what was written does not read back as wanted
├── TaskFailed            the BMC's own task ended badly, or did not end in time
├── PowerNotReached       the power state read is not the wanted one, in spite of the command
├── BootNotSet            the boot device read is not the wanted one, in spite of the command
└── Unsupported           this BMC cannot do that
"""

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
    """Nothing answers in time."""


class NotABmc(BmcError):
    """It answers, but not as a BMC. No credential was sent to it."""


class BadAnswer(BmcError):
    """The BMC answered something that cannot be used."""


class Missing(BadAnswer):
    """The BMC says that it has no such resource."""


class Busy(BadAnswer):
    """The BMC says: not now."""


class Refused(BadAnswer):
    """The BMC leads off-host, in a circle or without end; it is not followed. Fields: `path`, `expected`, `got`."""


class CertificateUntrusted(BmcError):
    """The certificate does not verify against the given authorities. No credential was sent."""


class CertificateChanged(BmcError):
    """Fields: `expected`, `got` (SHA-256, hex). No credential was sent."""


class WrongPassword(BmcError):
    """The credential was refused once and is not tried again."""


class SystemNotChosen(BmcError):
    """Field `systems`: the ids to choose from."""


class PowerNotReached(BmcError):
    """Fields: `wanted`, `got` (the state read last)."""


class BootNotSet(BmcError):
    """Fields: `wanted`, `got` (what was read last)."""


class Unsupported(BmcError):
    """This BMC cannot do what was asked."""


class CsvErrors(BmcError, Mistakes):
    """Every mistake of a nodes file at once, each with its row and its column (from 1); nothing of it was imported."""


class BadCapture(BmcError, UsageError):
    """Not a capture that can be replayed, or one that cannot be written."""


class QuirkErrors(BmcError, Mistakes):
    """Every mistake of the quirk files at once; nothing of them is used."""


class NotApplied(BmcError):
    """Fields: `wanted`, `got` (what was read last)."""


class TaskFailed(BmcError):
    """Fields: `task` (its path), `state`."""
