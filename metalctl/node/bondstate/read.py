"""Both sources of one bond, read one after the other."""

from __future__ import annotations

from pathlib import Path

from metalctl.node.bondstate import netlink, proc
from metalctl.node.bondstate.state import BondState, joined
from metalctl.node.errors import ToolFailed
from metalctl.node.inspect.host import LocalHost

_ROOT = Path("/")


def read(name: str, root: Path = _ROOT) -> BondState | None:
    """The bond, None when the kernel has none of that name; ToolFailed when neither source can be read.

    root: below another than "/" netlink's answer is a recorded one, ROOT/netlink.
    """
    why: list[str] = []
    told, shown = _told(name, root, why), _shown(name, root, why)
    if told is None and shown is None:
        if why:
            raise ToolFailed(f"the state of {name} cannot be read: {'; '.join(why)}", hint="run as root")
        return None
    found = joined(told, shown) if told and shown else told or shown or BondState(name)
    return joined(found, BondState(name, mtu=LocalHost(root).number(f"sys/class/net/{name}/mtu")))


def _told(name: str, root: Path, why: list[str]) -> BondState | None:
    try:
        return netlink.bonds(_links(root)).get(name)
    except OSError as refused:
        why.append(f"netlink: {refused.strerror or refused}")
        return None


def _shown(name: str, root: Path, why: list[str]) -> BondState | None:
    file = root / "proc/net/bonding" / name
    try:
        found = proc.bond(name, file.read_text(errors="replace"))
    except FileNotFoundError:
        return None
    except OSError as refused:
        why.append(f"{file}: {refused.strerror or refused}")
        return None
    if not found.mode:
        why.append(f"{file} does not show a bond")
        return None
    return found


def _links(root: Path) -> bytes:
    if root == _ROOT:
        return netlink.dump()
    recorded = root / "netlink"
    return recorded.read_bytes() if recorded.exists() else b""
