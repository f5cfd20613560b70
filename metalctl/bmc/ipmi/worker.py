"""The process that holds one IPMI session: `python -m metalctl.bmc.ipmi.worker`, started by client.py only.

A process of its own, because pyghmi keeps global state: in one process a second session to the same BMC after a
logout fails. JSON lines. First on standard input: {"address", "port", "username", "password"}; the password is
never an argument. Each further line is {"do": NAME, ...}; each answer is {"ok": VALUE} or {"error": {"kind",
"message"}}, where kind is "password", "unreachable", "unsupported" or "failed".
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from pyghmi.exceptions import IpmiException
from pyghmi.ipmi.command import Command
from pyghmi.ipmi.private import session

from metalctl.bmc.ipmi.commands import Commands
from metalctl.bmc.ipmi.errors import UNSUPPORTED, CompletionCode

_PASSWORD = ("incorrect password", "unauthorized name", "invalid role", "integrity check value", "rakp4 integrity")
_SILENT = ("timeout", "timed out", "no longer connected", "session failed", "no response")
_CHOSEN, _HMAC_SHA1 = 16, 1  # offset of the authentication algorithm in the response, and its number


class Session(Commands):
    """What can be asked; each method is one request."""

    def __init__(self, command: Command) -> None:
        self._command = command

    def logout(self) -> None:
        """Give the session back: a BMC has few."""
        self._command.ipmi_session.logout()

    def raw(self, netfn: int, command: int, data: bytes = b"") -> bytes:
        answer = self._command.raw_command(netfn=netfn, command=command, data=tuple(data))
        if "error" in answer:
            if "code" in answer:
                raise CompletionCode(answer["code"], answer["error"])
            raise IpmiException(answer["error"])
        return bytes(answer["data"])


def heed_the_chosen_hash() -> None:
    """Make pyghmi use the hash that the BMC chose (Open Session Response, IPMI 2.0 table 13-10).

    It always goes on with the SHA-256 that it proposed, and so fails at every BMC that knows only cipher suite 3,
    such as virtualbmc: `struct.error: pack expected 32 items`.
    """
    proposed = session.Session._got_rmcp_response

    def chosen(self: Any, data: Any) -> Any:
        if len(data) > _CHOSEN and data[1] == 0 and data[_CHOSEN] == _HMAC_SHA1:
            self.attemptedhash, self.currhashlib, self.currhashlen = 1, hashlib.sha1, 12
        return proposed(self, data)

    session.Session._got_rmcp_response = chosen


def describe(error: BaseException) -> dict[str, str]:
    """The kind and wording of a failure."""
    said = " ".join(str(error).split()) or type(error).__name__
    lowered = said.lower()
    if any(word in lowered for word in _PASSWORD):
        kind = "password"
    elif any(word in lowered for word in _SILENT):
        kind = "unreachable"
    elif error.unsupported if isinstance(error, CompletionCode) else getattr(error, "ipmicode", 0) in UNSUPPORTED:
        kind = "unsupported"
    else:
        kind = "failed"
    return {"kind": kind, "message": said}


def answer(work: Callable[[], Any]) -> tuple[dict[str, Any], Any]:
    """What to write, and the value."""
    try:
        value = work()
    except Exception as error:  # noqa: BLE001 - pyghmi raises anything; it is told to the parent, never swallowed
        return {"error": describe(error)}, None
    return {"ok": value}, value


def login(line: str) -> Session:
    """Log in with what the first line holds."""
    to = json.loads(line)
    command = Command(bmc=to["address"], userid=to["username"], password=to["password"], port=to["port"])
    if command.ipmi_session.broken or not command.ipmi_session.logged:
        raise IpmiException("Session failed to initialize")
    return Session(command)


def main() -> None:
    """Serve until standard input ends."""
    out = sys.stdout
    heed_the_chosen_hash()
    sys.stdout = sys.stderr  # a print within pyghmi must not break into the protocol
    reply, held = answer(lambda: login(sys.stdin.readline()))
    reply = reply if "error" in reply else {"ok": None}
    while True:
        out.write(json.dumps(reply) + "\n")
        out.flush()
        line = sys.stdin.readline()
        if held is None:
            return
        if not line:
            answer(held.logout)
            return
        request = json.loads(line)
        reply, _ = answer(partial(getattr(held, request.pop("do")), **request))


if __name__ == "__main__":
    main()
