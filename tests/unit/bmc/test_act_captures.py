"""Captures of real machines: what they can do is told as their vendors' pages say, and their quirks are known."""

from __future__ import annotations

import asyncio

import pytest

from metalctl.bmc import Credential, parse_endpoint
from metalctl.bmc.capture.record import load
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.client.http import Client
from metalctl.bmc.redfish.probe_report import Report, examine
from metalctl.lab.fleet.replay import Replay
from tests.captures import archive

pytestmark = pytest.mark.slow


def examined(name: str) -> Report:
    capture = load(archive(name))
    system = capture.tree["/redfish/v1/Systems"]["Members"][0]["@odata.id"]
    # One of these BMCs links to itself in lower case, and takes both.
    both = capture.tree | {path.replace("/Systems/", "/systems/"): one for path, one in capture.tree.items()}
    with Replay(both, "admin", "pw") as served, asyncio.Runner() as runner:
        client = Client(parse_endpoint(served.url), 30)
        runner.run(client.login(Credential("admin", "pw"), {}, system))
        try:
            return examine(Wire(client, runner.run, system), capture.tree["/redfish/v1"])
        finally:
            runner.run(client.close())


@pytest.mark.parametrize(
    ("name", "machine", "firmware", "settings", "quirks"),
    [("dell-r750", "Dell Inc. PowerEdge R750", "6.00.30.00", "455 settings",
      {"service-tag-in-sku", "idrac9-once-ignored", "dell-lit-is-idle"}),
     ("hpe-dl325-gen10", "HPE ProLiant DL325 Gen10 Plus", "iLO 5 v2.46", "236 settings",
      {"hpe-log-is-iml", "hpe-no-writes-during-post", "hpe-spurious-401"}),
     ("dmtf-rackmount1", "Contoso 3500", "1.45.455b66-rev4", "10 settings", set())],
)  # fmt: skip
def test_a_real_machine_is_known(name: str, machine: str, firmware: str, settings: str, quirks: set[str]) -> None:
    report = examined(name)
    assert (report.facts["machine"], report.facts["BMC firmware"]) == (machine, firmware)
    able = {one.name: (one.has, one.detail) for one in report.capabilities}
    assert able["BIOS settings"] == ("yes", settings)
    assert able["power"][0] == able["boot override"][0] == able["BMC reset"][0] == able["accounts"][0] == "yes"
    assert able["virtual media"][0] == "yes"
    assert "unknown" not in {has for has, _ in able.values()}
    names = {quirk.name for quirk in report.quirks}
    assert quirks <= names
    assert bool(names) == bool(quirks)
