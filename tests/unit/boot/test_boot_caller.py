"""The boot service as it runs: where a call came from is what the connection says, and nothing that the caller says."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from metalctl.boot.artifacts import Artifacts
from metalctl.boot.server import BootServer
from metalctl.boot.settings import BootSettings

REPORT = {
    "token": "t",
    "node": "n1",
    "kind": "ramdisk",
    "boot_id": "b1",
    "macs": ["52:54:00:aa:00:01"],
    "ssh_host_keys": ["k"],
}


class Directory:
    """Notes who called."""

    def __init__(self) -> None:
        self.callers: list[str] = []

    def welcome(self, report: Any) -> dict[str, str]:
        self.callers.append(report.address)
        return {}

    def sighting(self, mac: str, what: str) -> None:
        pass


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_an_address_that_the_caller_claims_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    # As a machine has it on which another program of the same library stands behind a proxy.
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    directory = Directory()
    settings = BootSettings("lo", "127.0.0.1", "127.0.0.0/8", tmp_path, http_port=0, dhcp="off")
    server = BootServer(settings, directory, Artifacts())  # type: ignore[arg-type]
    server.start()
    try:
        claimed = "for=192.0.2.9" if header == "Forwarded" else "192.0.2.9"
        request = urllib.request.Request(
            f"{server.base_url}/phone-home", json.dumps(REPORT).encode(), {header: claimed}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            assert reply.status == 200
    finally:
        server.stop()
    assert directory.callers == ["127.0.0.1"]
