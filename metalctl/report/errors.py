"""Errors of the report room.

ReportError                 the one root
├── BadDossier              (UsageError) a file that is not a dossier as the report writes it
├── KeyProblem              a signing key that cannot be read, or that others can read
└── CertificateError        fields: node, where known
    ├── NotCertifiable      something blocks; fields: blockers, one sentence each
    ├── NotACertificate     not a DSSE envelope with an in-toto statement of ours
    ├── BadSignature        no signature of it was made by this key over this content
    └── Expired             the signature is right, and its time is over; fields: until
"""

from __future__ import annotations

from metalctl.model.errors import MetalctlError, UsageError


class ReportError(MetalctlError):
    """The root of the room."""


class BadDossier(ReportError, UsageError):
    """Not a dossier."""


class KeyProblem(ReportError):
    """A key that cannot be used."""


class CertificateError(ReportError):
    """A certificate that cannot be issued or does not hold. exit_code: as when hardware failed."""

    exit_code = 1


class NotCertifiable(CertificateError):
    """Something blocks."""


class NotACertificate(CertificateError):
    """Not an envelope of ours. exit_code: wrong input."""

    exit_code = 2


class BadSignature(CertificateError):
    """The content or the key is another one."""


class Expired(CertificateError):
    """It was true once."""
