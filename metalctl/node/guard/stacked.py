"""What the kernel has built on the disk: holders (LVM, md, dm, multipath, bcache), btrfs, loop devices.

A loop device claims nothing of the device that it lies on, so that an exclusive open of the disk succeeds under it, and
its file name holds in the mount namespace of whoever made it. The kernel's number of what it lies on decides.
"""

from __future__ import annotations

from collections.abc import Iterator

from metalctl.node.guard.target import BLOCK, Objection, Target, Unseen
from metalctl.node.inspect.host import Host


def objections(host: Host, target: Target) -> Iterator[Objection]:
    """Who holds the disk or a partition."""
    for name, folder in target.names.items():
        for holder in _holders(host, name, folder):
            yield Objection(f"{name} is held by {_chain(host, holder)}")
        if host.exists(f"{folder}/bcache"):
            yield Objection(f"{name} is registered with bcache")
    for found in host.names("/sys/fs/btrfs"):
        for name in target.names:
            if host.exists(f"/sys/fs/btrfs/{found}/devices/{name}"):
                yield Objection(f"{name} belongs to the mounted btrfs {found}")
    yield from _loops(host, target)


def _holders(host: Host, name: str, folder: str) -> list[str]:
    """Kernel names; the kernel links them both ways, and one of the links is enough."""
    below = [other for other in host.names(BLOCK) if name in host.names(f"{BLOCK}/{other}/slaves")]
    return list(dict.fromkeys([*host.names(f"{folder}/holders"), *below]))


def _chain(host: Host, holder: str, depth: int = 8) -> str:
    """A holder, and who holds it in turn."""
    base = f"/sys/class/block/{holder}"
    kind = host.text(f"{base}/dm/uuid").partition("-")[0].lower()
    label = " ".join(word for word in (kind, host.text(f"{base}/dm/name") or holder) if word)
    above = [_chain(host, h, depth - 1) for h in host.names(f"{base}/holders")] if depth else []
    return f"{label} (under {', '.join(above)})" if above else label


def _loops(host: Host, target: Target) -> Iterator[Objection]:
    for loop in host.names(BLOCK):
        if not (backing := host.text(f"{BLOCK}/{loop}/loop/backing_file")):
            continue
        try:
            name = _under(host, target, loop, backing)
        except Unseen as unseen:
            yield Objection(f"what {loop} ({backing}) lies on could not be found out: {unseen}", certain=False)
            continue
        if name:
            yield Objection(f"{name} carries the loop device {loop} (made of {backing})")


def _under(host: Host, target: Target, loop: str, backing: str) -> str:
    answer = host.probe("loop", loop)
    if not answer:
        return target.at(host, backing)
    if "error" in answer:
        raise Unseen(str(answer["error"]))
    return target.blocks.get(str(answer["number"]), "")
