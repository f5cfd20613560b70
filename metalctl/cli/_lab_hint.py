"""What `metalctl nodes` says of a lab that is up, to somebody who stands outside of it."""

from __future__ import annotations

import os
from pathlib import Path

_NAMESPACES = Path("/run/netns")


def lab_hint() -> str:
    """How to look into the lab that is up; "" without one, and inside of it."""
    # The lab's room is loaded only where there is a namespace that may be a lab's.
    if "METALCTL_LAB" in os.environ or not any(_NAMESPACES.glob("mctl-*")):
        return ""
    from metalctl.lab.rack import netns, paths

    up = [name for name in paths.existing() if netns.exists(paths.lab(name).namespace)]
    if not up:
        return ""
    chosen = f" --name {up[0]}" if len(up) > 1 else ""
    names = " and ".join(up)
    return f"the lab {names} is up, with nodes of its own: metalctl lab exec{chosen} -- metalctl nodes"
