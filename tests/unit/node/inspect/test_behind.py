"""Disks behind a controller that hangs: asking stops after a time, and what was not asked is said."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from metalctl.model.inventory import Controller, Disk
from metalctl.node.inspect import behind
from metalctl.node.inspect.host import Host

sys.path.insert(0, str(Path(__file__).parent))
from recorded import Recorded

ASK = "smartctl --json=o -i -H -A -l error -l selftest -l devstat -l ssd -d"
HANGS = {"fails": "smartctl did not end within 30 s and was ended"}
SCAN = json.dumps({"devices": [{"name": "/dev/bus/0", "type": f"megaraid,{n}"} for n in range(24)]})


@pytest.mark.parametrize(
    ("driver", "commands"),
    [
        (
            "megaraid_sas",
            {"smartctl -j --scan-open": SCAN, **{f"{ASK} megaraid,{n} /dev/bus/0": HANGS for n in range(24)}},
        ),
        ("hpsa", {f"{ASK} cciss,{n} /dev/sda": json.dumps({"serial_number": f"S{n}"}) for n in range(24)}),
    ],
)
def test_two_minutes_are_enough_and_the_rest_is_said(
    driver: str, commands: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Recorded({"commands": commands})
    # Each disk takes its whole timeout.
    monkeypatch.setattr(time, "monotonic", lambda: 30.0 * sum("-d" in line for line in recorded.asked))
    host = Host(recorded)
    card = Controller("host0", driver=driver, pci="0000:3b:00.0")
    behind.collect(host, [Disk("sda", "volume", controller=card.pci)], [card])
    assert sum(" -d " in line for line in recorded.asked) == 4
    assert [n.reason for n in host.notes_of("raid_disks")] == [
        "not all disks were asked: those before took more than 120 s"
    ]
