"""What a boot script tells a machine to do, as far as metalctl's own scripts go."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CHAIN = re.compile(r"^chain .*?(http://\S+)", re.MULTILINE)
_SLEEP = re.compile(r"^sleep (\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Orders:
    """action: "ramdisk" (with url, token and node), "wait" (ask again after `pause` seconds) or "disk"."""

    action: str
    url: str = ""
    token: str = ""
    node: str = ""
    again: str = ""
    pause: float = 0.0


def read(script: str) -> Orders:
    kernel = next((line for line in script.splitlines() if line.startswith("kernel ")), "")
    words = dict(w.split("=", 1) for w in kernel.split() if w.startswith("metalctl.") and "=" in w)
    if words:
        return Orders("ramdisk", words["metalctl.url"], words["metalctl.token"], words["metalctl.node"])
    again, pause = _CHAIN.search(script), _SLEEP.search(script)
    if again:
        return Orders("wait", again=again[1], pause=float(pause[1]) if pause else 10.0)
    return Orders("disk")
