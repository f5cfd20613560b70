"""Rotation at an endpoint: verified without a credential first, then accounts.rotate, audited."""

from __future__ import annotations

import asyncio
from typing import Any

from metalctl.bmc import audit
from metalctl.bmc.audit import Change, audited
from metalctl.bmc.credentials.accounts import Ledger, finish, rotate
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import Unsupported
from metalctl.bmc.quirks import quirks_of
from metalctl.bmc.redfish.act.users import RedfishUsers
from metalctl.bmc.redfish.act.wire import Run
from metalctl.bmc.redfish.bmc import verified
from metalctl.bmc.redfish.client.http import Client, Resource


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
    with asyncio.Runner() as runner:
        client, root = runner.run(verified(endpoint, timeout))
        runner.run(client.close())
        rotation = _Rotation(client.endpoint, root, runner.run, note, timeout)
        return rotation.run(factory, site, keep_factory, ledger, proven)


class _Rotation:
    def __init__(self, endpoint: Endpoint, root: Resource, run: Run, note: audit.Audit, timeout: float) -> None:
        self.endpoint, self.audit = endpoint, note
        self._root, self._run, self._timeout = root, run, timeout

    @audited("rotate")
    def run(
        self, factory: Credential | None, site: Credential, keep_factory: bool, ledger: Ledger | None, proven: bool
    ) -> Change:
        # The system says what BMC it is, and only to who is logged in: the factory's login or the site's.
        quirks = quirks_of(root=self._root)
        users = _Users(self._client, self._run, self.endpoint, self._root, quirks)
        if proven or factory is None:
            return finish(users, factory, site, keep_factory, ledger)
        return rotate(users, factory, site, keep_factory, ledger)

    def _client(self) -> Client:
        return Client(self.endpoint, self._timeout)


class _Users(RedfishUsers):
    """Learns at the first login what only a logged-in reader is told: the quirks of the system and its manager."""

    def enter(self, credential: Credential) -> Any:
        admin = super().enter(credential)
        self._quirks = admin.learn(self._root)
        return admin
