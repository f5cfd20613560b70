"""Rotation at an endpoint: verified without a credential first, then accounts.rotate, audited."""

from __future__ import annotations

from typing import Any

from metalctl.bmc import audit
from metalctl.bmc.accounts import Ledger, finish, rotate
from metalctl.bmc.audit import Change, audited
from metalctl.bmc.connect import probe
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import Unsupported
from metalctl.bmc.quirks import quirks_of
from metalctl.bmc.redfish.act.link import HttpsLink
from metalctl.bmc.redfish.act.users import RedfishUsers
from metalctl.bmc.redfish.root import PATH


def rotate_at(
    endpoint: Endpoint,
    factory: Credential | None,
    site: Credential,
    keep_factory: bool = False,
    note: audit.Audit = audit.log,
    timeout: float = 30.0,
    *,
    ledger: Ledger | None = None,
    proven: bool = False,
) -> Change:
    """See accounts.rotate; or accounts.finish where the site's login was `proven` before, or `factory` is None.

    Also raises Unreachable, NotABmc, CertificateChanged, CertificateUntrusted before any credential is sent.
    """
    if endpoint.protocol != "redfish":
        raise Unsupported(f"{endpoint}: credentials are rotated over Redfish only", hint="use its https:// address")
    found = probe(endpoint, timeout)
    return _Rotation(found.endpoint, note, timeout).run(factory, site, keep_factory, ledger, proven)


class _Rotation:
    def __init__(self, endpoint: Endpoint, note: audit.Audit, timeout: float) -> None:
        self.endpoint = endpoint
        self.audit = note
        self._link = HttpsLink(endpoint, timeout)

    @audited("rotate")
    def run(
        self, factory: Credential | None, site: Credential, keep_factory: bool, ledger: Ledger | None, proven: bool
    ) -> Change:
        root = dict(self._link.request("GET", PATH, {"Accept": "application/json"}, None).body)
        # The system says what BMC it is, and only to who is logged in: the factory's login or the site's.
        users = _Users(self._link, self.endpoint, root, quirks_of(root=root))
        if proven or factory is None:
            return finish(users, factory, site, keep_factory, ledger)
        return rotate(users, factory, site, keep_factory, ledger)


class _Users(RedfishUsers):
    """Learns at the first login what only a logged-in reader is told: the quirks of the system and its manager."""

    def enter(self, credential: Credential) -> Any:
        """See RedfishUsers."""
        admin = super().enter(credential)
        self._quirks = admin.learn(self._root)
        return admin
