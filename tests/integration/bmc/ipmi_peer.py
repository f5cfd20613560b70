"""An IPMI 2.0 BMC (pyghmi's server) that refuses by rule: `-m tests.integration.bmc.ipmi_peer ADDRESS PORT RULES`."""

from __future__ import annotations

import sys
from typing import Any

from pyghmi.ipmi.bmc import Bmc

from metalctl.bmc.ipmi.errors import CompletionCode
from tests.unit.bmc.ipmi_storage import FRU, SEL, Rule, Storage, for_now, record, too_long

RULES: dict[str, list[Rule]] = {
    "none": [],
    "less": [too_long(16, 0xC9)],
    "again": [for_now(0xC0, 1), for_now(0x81, 1, FRU, SEL)],
    "lost": [record(2, 0xFF), lambda what, data: 0xC9 if what == FRU and data[0] == 1 else 0],
}


class Peer(Bmc):  # type: ignore[misc]
    """A session as pyghmi keeps it, in front of a Storage."""

    def handle_raw_request(self, request: dict[str, Any], session: Any) -> None:
        try:
            answer = STORAGE.raw(request["netfn"], request["command"], bytes(request["data"]))
        except CompletionCode as refused:
            session.send_ipmi_response(code=refused.code)
        else:
            session.send_ipmi_response(data=list(answer))


if __name__ == "__main__":
    STORAGE = Storage(RULES[sys.argv[3]])
    Peer({"admin": "s3cret-in-argv"}, port=int(sys.argv[2]), address=sys.argv[1]).listen(1)
