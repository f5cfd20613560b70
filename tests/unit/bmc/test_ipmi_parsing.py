"""What boot flags say, and what pyghmi raises, as values and errors of ours."""

from __future__ import annotations

from typing import Any

import pytest
from pyghmi.exceptions import IpmiException

from metalctl.bmc.ipmi.commands import Commands
from metalctl.bmc.ipmi.errors import CompletionCode
from metalctl.bmc.ipmi.worker import describe


class Flags(Commands):
    """A BMC with these boot flags."""

    def __init__(self, parameter: int = 5, flags: int = 0, device: int = 0) -> None:
        self.data = bytes((1, parameter, flags, device << 2, 0, 0, 0))
        self.set: list[bytes] = []

    def raw(self, netfn: int, command: int, data: bytes = b"") -> bytes:
        assert netfn == 0
        if command == 8:
            self.set.append(data)
            return b""
        assert (command, data) == (9, bytes((5, 0, 0)))
        return self.data


@pytest.mark.parametrize(
    ("flags", "device", "expected"),
    [
        (0x80, 1, {"device": "pxe", "persistent": False, "uefi": False}),
        (0xE0, 2, {"device": "disk", "persistent": True, "uefi": True}),
        (0xA0, 0, {"device": "none", "persistent": False, "uefi": True}),
        (0x80, 15, {"device": "device 15", "persistent": False, "uefi": False}),
    ],
)
def test_boot_flags_are_read_and_written(flags: int, device: int, expected: dict[str, Any]) -> None:
    assert Flags(flags=flags, device=device).boot() == expected
    if device < 15:
        bmc = Flags()
        bmc.set_boot(**expected)
        # An override that is taken away has no flags.
        assert bmc.set == [b"\x03\x08", bytes((5, flags if device else 0, device << 2, 0, 0, 0))]


@pytest.mark.parametrize(("parameter", "flags"), [(5, 0x20), (0x85, 0xA0)], ids=["not valid", "locked"])
def test_boot_flags_that_are_not_valid_ask_for_nothing(parameter: int, flags: int) -> None:
    assert Flags(parameter, flags, 1).boot()["device"] == "none"


def test_boot_flags_that_are_cut_short_are_no_answer() -> None:
    bmc = Flags()
    bmc.data = bmc.data[:3]
    with pytest.raises(CompletionCode):
        bmc.boot()


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
