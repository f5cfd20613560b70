"""One simulated BMC that replays a recorded tree over HTTPS: for trying things out, and the fake of the tests.

    tree = load_capture(Path("captures/rack-server"))            # path → JSON, from NAME/redfish/v1/**/index.json
    with Replay(tree, username="admin", password="s3cret") as bmc:
        bmc.faults["/redfish/v1/Systems/1/Storage"] = Fault(status=500)
        connect(parse_endpoint(bmc.url), Credential("admin", "s3cret"))
    assert bmc.authorized == 1                                 # requests that carried an Authorization header

It is the fleet's BMC, alone, in a thread, on a loopback address, with a certificate of its own made at start. Power and
boot override really change the tree, unless `obeys` is off: then it accepts everything and does nothing, as some do.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Self

from metalctl.lab.bmc.settings import FleetSettings
from metalctl.lab.certificate import self_signed
from metalctl.lab.fleet.script import Fault, Script
from metalctl.lab.fleet.server import Fleet

__all__ = ["Fault", "Replay", "certificate"]
certificate = self_signed
_PATIENCE = 60


class Replay(Script):
    """One BMC; a context manager.

    password "": every login is good. port: 0 takes a free one; entering raises FleetError when it is taken. allow: path
    → the Allow header of its answers. tree: may be changed while it is served.
    """

    def __init__(
        self,
        tree: Mapping[str, Any],
        username: str = "admin",
        password: str = "",
        address: str = "127.0.0.1",
        port: int = 0,
        allow: Mapping[str, str] | None = None,
    ) -> None:
        self.tree: dict[str, Any] = {path.rstrip("/"): deepcopy(value) for path, value in tree.items()}
        self._address = address
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        made = certificate(address, address)
        self.fingerprint = made.sha256
        settings = FleetSettings(
            base=address, port=port, tls=True, username=username, password=password, lockout=0, power_time=0.0
        )
        self._fleet = Fleet(self.tree, settings, context=made.server(), recorded=True)
        super().__init__(self._fleet.bmcs[0], allow or {})

    @property
    def url(self) -> str:
        return f"https://{self._address}:{self.port}"

    @property
    def port(self) -> int:
        return self._fleet.port

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._fleet.start(), self._loop).result(_PATIENCE)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._fleet.close(), self._loop).result(_PATIENCE)
        self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()
