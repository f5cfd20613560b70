"""What a BMC says instead of an answer, before it becomes an error of the room (IPMI 2.0, table 5-2)."""

from __future__ import annotations

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BadAnswer, BmcError, Unsupported

UNSUPPORTED = (0xC1, 0xCB, 0xCC, 0xD5)  # no such command, no such record, sensor or parameter, not in this state
RESERVATION_LOST = 0xC5
# "Ask for less": a length, a range or an amount that this BMC does not give in one answer.
TOO_LONG = (0xC7, 0xC8, 0xC9, 0xCA, 0xCE, 0xFF)
# "Ask again": busy, timed out, a doubled request, repository being written, the BMC is starting.
FOR_NOW = (0xC0, 0xC3, 0xCF, 0xD0, 0xD2)
NOT_BEGUN = (0xC0, 0xD2)  # of these: refused before anything was done, so that a command may be given again as well
DEVICE_BUSY = 0x81  # of storage commands alone: a FRU that is being written, a log that is being erased


def failure(endpoint: Endpoint, message: str, unsupported: bool) -> BmcError:
    """The error of the room for what a BMC said of one command."""
    if unsupported:
        return Unsupported(f"{endpoint} does not know that command", hint="try Redfish, or a newer firmware")
    return BadAnswer(f"{endpoint}: {message}")


class CompletionCode(Exception):
    """code: the completion code, 0 when the answer itself is wrong."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message or f"completion code {code:02x}h")
        self.code = code

    @property
    def unsupported(self) -> bool:
        """Whether the BMC does not know the command, or has no such thing."""
        return self.code in UNSUPPORTED


class Lost(CompletionCode):
    """A FRU or record that is there and could not be read. kind: of the record, where its head could be read."""

    def __init__(
        self, refused: CompletionCode, what: str, kind: int | None = None, following: int | None = None
    ) -> None:
        super().__init__(refused.code, f"{what}: {refused}")
        self.kind, self.following = kind, following

    @property
    def unsupported(self) -> bool:
        """It is there: that is known."""
        return False
