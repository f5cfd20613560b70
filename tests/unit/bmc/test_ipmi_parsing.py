"""What ipmitool prints, and what pyghmi raises, as values and errors of ours."""

from __future__ import annotations

import pytest
from pyghmi.exceptions import IpmiException

from metalctl.bmc.ipmi.ipmitool import parse_boot
from metalctl.bmc.ipmi.worker import describe

FLAGS = """Boot parameter version: 1
Boot parameter 5 is {valid}
Boot parameter data: c008000000
 Boot Flags :
   - Boot Flag {flag}
   - Options apply to {lasting}
   - BIOS {kind} boot
   - Boot Device Selector : {device}
   - Console Redirection control : System Default
"""


@pytest.mark.parametrize(
    ("device", "lasting", "kind", "expected"),
    [
        (
            "Force PXE",
            "only next boot",
            "PC Compatible (legacy)",
            {"device": "network", "persistent": False, "uefi": False},
        ),
        (
            "Force Boot from default Hard-Drive",
            "all future boots",
            "EFI",
            {"device": "hd", "persistent": True, "uefi": True},
        ),
        ("No override", "only next boot", "EFI", {"device": "default", "persistent": False, "uefi": True}),
    ],
)
def test_boot_flags_are_read(device: str, lasting: str, kind: str, expected: dict[str, object]) -> None:
    text = FLAGS.format(valid="valid/unlocked", flag="Valid", device=device, lasting=lasting, kind=kind)
    assert parse_boot(text) == expected


def test_boot_flags_that_are_not_valid_ask_for_nothing() -> None:
    text = FLAGS.format(valid="valid", flag="Invalid", device="Force PXE", lasting="only next boot", kind="EFI")
    assert parse_boot(text)["device"] == "default"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (IpmiException("Incorrect password provided"), "password"),
        (IpmiException("Unauthorized name in RAKP2"), "password"),
        (IpmiException("timeout"), "unreachable"),
        (IpmiException("Session no longer connected"), "unreachable"),
        (IpmiException("Invalid command", code=0xC1), "unsupported"),
        (ValueError("odd"), "failed"),
        (KeyError(), "failed"),
    ],
)
def test_what_pyghmi_raises_gets_a_kind(error: Exception, kind: str) -> None:
    found = describe(error)
    assert found["kind"] == kind
    assert found["message"]
