"""The service of a benchmark, in a process of its own: metalctl's own, but that it serves no ramdisk and no image.

Simulated machines fetch neither, and building them takes minutes. Order on stdin: state (folder), url ("" for SQLite),
address, port, network, at_once, handover, standby (wait for the lock). Prints a JSON line when it serves; ends on
SIGTERM, like `metalctl serve`.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

MANIFEST = {"os": "debian", "version": "12", "sha256": "0" * 64}


def main() -> int:
    """Serve until told to stop."""
    order = json.loads(sys.stdin.readline())
    begun = time.perf_counter()
    from metalctl.engine.logs import to_file
    from metalctl.engine.serving import artifacts
    from metalctl.engine.serving.service import Service

    artifacts.prepare = lambda settings, progress: nothing()  # type: ignore[assignment]
    settings = settings_of(order)
    # As `metalctl serve` does: nobody reads our stdout any more, and a full pipe would hold every tick.
    to_file(settings.state.create().path / "metalctl.log")
    service = Service(settings, lambda line: None)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    if not service.start(standby=bool(order.get("standby"))):
        return 0
    sys.stdout.write(json.dumps({"start_s": time.perf_counter() - begun}) + "\n")
    sys.stdout.flush()
    try:
        service.run()
    finally:
        service.close()
    return 0


def settings_of(order: dict[str, Any]) -> Any:
    """Those of the service."""
    from metalctl.engine.settings import Boot, Settings
    from metalctl.engine.state import StateDir

    state = Path(order["state"])
    boot = Boot(
        "lo",
        order["address"],
        order["network"],
        dhcp="off",
        http_port=order["port"],
        at_once=order.get("at_once", 1000),
    )
    return Settings(StateDir(state, order.get("url", "")), state / "cache", boot, tuple(order.get("handover", ())))


class _Nothing:
    """In place of the built artifacts."""

    def __init__(self) -> None:
        from metalctl.boot.artifacts import Artifacts

        self.files = Artifacts()
        here = Path(__file__)
        self.files.offer_ramdisk(SimpleNamespace(kernel=here, initrd=here, squashfs=here, hash="none"))

    def images(self, url: str) -> dict[str, Any]:
        """One image, that nobody fetches."""
        from metalctl.engine.pipeline.services import Image

        return {"debian-12": Image("debian-12", MANIFEST, f"{url}/files/none")}


def nothing() -> Any:
    """What a service has that builds nothing."""
    return _Nothing()


if __name__ == "__main__":
    sys.exit(main())
