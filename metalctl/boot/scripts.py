"""Which iPXE script a machine gets, by the state of its node: never by its MAC alone, and never an install by default.

ramdisk   kernel, initrd and command line with the one-time token
wait      sleep and ask again, at most WAIT_TRIES times, then boot from disk
local     boot from disk
unknown   a message on the screen, then boot from disk
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from metalctl.boot.errors import BadScriptValue, BootError
from metalctl.boot.render import render
from metalctl.model.boot import BootIntent

FOLDER = "pxe/ipxe"
WAIT_TRIES = 90
WAIT_SECONDS = 10
CONSOLES = ("console=tty0", "console=ttyS0,115200n8")

_MAC = re.compile(r"[0-9a-f]{2}([:-])[0-9a-f]{2}(\1[0-9a-f]{2}){4}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORD = re.compile(r"[!-~]+")
_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_OPERATORS = frozenset({"||", "&&", ";"})


@dataclass(frozen=True, slots=True)
class Asker:
    """A machine as it describes itself. macs: lower case, colons, the boot port first. platform: "pcbios" or "efi"."""

    macs: tuple[str, ...]
    uuid: str = ""
    platform: str = ""
    arch: str = ""
    attempt: int = 0

    @property
    def mac(self) -> str:
        """The port that the machine boots from."""
        return self.macs[0]

    def query(self) -> str:
        """The same as the query part of a URL, counted one up."""
        pairs = [("mac", mac) for mac in self.macs]
        pairs += [("uuid", self.uuid), ("platform", self.platform), ("arch", self.arch), ("try", str(self.attempt + 1))]
        return urlencode(pairs, safe=":")


def asker(macs: list[str], uuid: str, platform: str, arch: str, attempt: str) -> Asker:
    """Read what a loader sent; what makes no sense is left out. Raises BadScriptValue when no MAC is one."""
    good = [mac.lower().replace("-", ":") for mac in macs if _MAC.fullmatch(mac.lower())]
    if not good:
        raise BadScriptValue("MAC address", ", ".join(macs))
    return Asker(
        tuple(dict.fromkeys(good))[:8],
        uuid.lower() if _UUID.fullmatch(uuid.lower()) else "",
        platform if platform in ("pcbios", "efi") else "",
        arch if arch in ("i386", "x86_64", "arm64") else "",
        min(int(attempt), WAIT_TRIES) if attempt.isascii() and attempt.isdigit() and len(attempt) < 6 else 0,
    )


def start(base_url: str) -> str:
    """The first script, the same for all: it makes the loader say who it is."""
    return render(FOLDER, "start.ipxe.j2", base_url=base_url)


def answer(machine: Asker, intent: BootIntent | None, base_url: str, ramdisk_path: str) -> tuple[str, str]:
    """What was decided ("ramdisk", "wait", "local", "unknown") and the script. Raises BadScriptValue, BootError."""
    if intent is None:
        return "unknown", render(FOLDER, "unknown.ipxe.j2", mac=machine.mac, uuid=machine.uuid or "not stated")
    node = _checked(_NODE, "node name", intent.node)
    if intent.action not in ("ramdisk", "wait", "local"):
        raise BootError(f"{node}: no boot action is called {intent.action!r}", hint="this is a fault of metalctl")
    decided = intent.action
    if decided == "ramdisk" and not ramdisk_path:
        decided = "wait"
    if decided != "local" and machine.attempt >= WAIT_TRIES:
        decided = "local"
    if decided == "local":
        return decided, render(FOLDER, "local.ipxe.j2", node=node)
    again = {"again_url": f"{base_url}/ipxe?{machine.query()}", "pause": WAIT_SECONDS}
    if decided == "wait":
        return decided, render(
            FOLDER, "wait.ipxe.j2", node=node, attempt=machine.attempt + 1, attempts=WAIT_TRIES, **again
        )
    files = base_url + ramdisk_path
    line = cmdline(machine, replace(intent, node=node), base_url, files)
    return decided, render(FOLDER, "ramdisk.ipxe.j2", node=node, files_url=files, cmdline=line, **again)


# udev starts workers by the processor, and on a machine of many all load the same modules at once and wait for each
# other: seen with 128, where most of them stood in the kernel's page attribute lock for minutes.
_FEW_WORKERS = "udev.children_max=8"


def cmdline(machine: Asker, intent: BootIntent, base_url: str, files_url: str) -> str:
    """The ramdisk's kernel command line. initrd= is how an EFI kernel finds the initrd that iPXE loaded."""
    words = [
        "initrd=initrd",
        "boot=live",
        f"fetch={files_url}/filesystem.squashfs",
        f"BOOTIF=01-{machine.mac.replace(':', '-')}",
        *CONSOLES,
        _FEW_WORKERS,
        f"metalctl.url={base_url}",
        f"metalctl.token={_checked(_WORD, 'token', intent.token, shown=False)}",
        f"metalctl.node={intent.node}",
        *intent.options,
    ]
    for word in intent.options:
        if word in _OPERATORS:
            raise BadScriptValue("kernel option", word)
        _checked(_WORD, "kernel option", word)
    return " ".join(words)


def _checked(pattern: re.Pattern[str], field: str, value: str, shown: bool = True) -> str:
    if not pattern.fullmatch(value):
        raise BadScriptValue(field, value if shown else "(not shown)")
    return value
