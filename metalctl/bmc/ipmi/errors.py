"""What a BMC says instead of an answer, before it becomes an error of the room."""

from __future__ import annotations

UNSUPPORTED = (0xC1, 0xC9, 0xCB, 0xCC, 0xD5)


class Refused(Exception):
    """code: the completion code (IPMI 2.0, table 5-2), 0 when the answer itself is wrong."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message or f"completion code {code:02x}h")
        self.code = code
        self.ipmicode = code  # as pyghmi calls it

    @property
    def unsupported(self) -> bool:
        """Whether the BMC does not know the command, or has no such thing."""
        return self.code in UNSUPPORTED
