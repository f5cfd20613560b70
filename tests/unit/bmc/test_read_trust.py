"""Who a BMC is, is settled before a credential is sent: by fingerprint, by the site's authorities, or on first use."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metalctl.bmc import Credential, Endpoint, parse_endpoint
from metalctl.bmc.errors import BmcError, CertificateChanged, CertificateUntrusted
from metalctl.bmc.redfish.client.http import Client
from metalctl.bmc.redfish.sweep.sweeping import Swept, sweep
from metalctl.lab.certificate import SelfSigned, self_signed
from metalctl.lab.fleet import replay as replaying
from metalctl.lab.fleet.replay import Replay

GOOD = Credential("admin", "s3cret")
WRITTEN = itertools.count(1)


def signed_for(file: Path, address: str) -> Callable[..., SelfSigned]:
    """What makes a certificate for `address`, vouched for by the authority in `file`."""

    def certificate(*_: str) -> SelfSigned:
        made = self_signed("BMC", address)
        file.write_bytes(made.certificate)
        # A time of its own: the kernel's clock ticks 100 times a second, and two files can be made in one tick.
        os.utime(file, (0, next(WRITTEN)))
        return made

    return certificate


def swept(endpoint: Endpoint, **options: Any) -> Swept:
    async def only() -> Swept:
        (found,) = [one async for one in sweep([endpoint], GOOD, timeout=60.0, **options)]
        return found

    return asyncio.run(only())


def test_on_first_use_the_certificate_is_recorded(replay: Replay) -> None:
    found = swept(parse_endpoint(replay.url))
    assert found.error is None
    assert found.endpoint.fingerprint == replay.fingerprint


def test_another_certificate_than_the_recorded_one_gets_nothing(replay: Replay) -> None:
    found = swept(replace(parse_endpoint(replay.url), fingerprint="ab" * 32))
    assert isinstance(found.error, CertificateChanged)
    assert found.error.fields["got"] == replay.fingerprint
    assert not replay.requests


def test_a_certificate_that_changes_after_first_use_gets_no_credential(replay: Replay) -> None:
    """The root was read from one, and the next connection shows another."""

    async def run() -> None:
        client = Client(parse_endpoint(replay.url), 60)
        try:
            await client.get("/redfish/v1")
            assert client.endpoint.fingerprint == replay.fingerprint
            assert client._pin
            client._pin.recorded = "cd" * 32
            # Two at a time need a second connection.
            await asyncio.gather(*(client.login(GOOD, {}, "/redfish/v1/Systems") for _ in range(2)))
        finally:
            await client.close()

    with pytest.raises(CertificateChanged):
        asyncio.run(run())
    assert replay.authorized <= 1, "at most over the connection that was there, and had been verified"


def test_an_authority_vouches_for_a_certificate(
    tree: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ca.pem"
    monkeypatch.setattr(replaying, "certificate", signed_for(file, "127.0.0.1"))
    with Replay(tree, "admin", "s3cret") as server:
        found = swept(parse_endpoint(server.url), authorities=file)
        assert found.error is None
        assert found.inventory
        pinned = swept(replace(parse_endpoint(server.url), fingerprint="ab" * 32), authorities=file)
        assert isinstance(pinned.error, CertificateChanged), "a recorded fingerprint still counts"


def test_a_certificate_for_another_address_or_by_nobody_gets_nothing(
    tree: dict[str, Any], replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ca.pem"
    monkeypatch.setattr(replaying, "certificate", signed_for(file, "127.0.0.9"))
    with Replay(tree, "admin", "s3cret") as other:
        for server in (other, replay):
            found = swept(parse_endpoint(server.url), authorities=file)
            assert isinstance(found.error, CertificateUntrusted)
            assert found.error.hint
            assert not server.requests


def test_a_file_without_authorities_is_an_error_of_each_bmc(replay: Replay, tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("garbage")
    for file in (tmp_path / "none.pem", tmp_path / "missing.pem"):
        found = swept(parse_endpoint(replay.url), authorities=file)
        assert type(found.error) is BmcError
        assert file.name in found.error.message
        assert "PEM" in found.error.hint
