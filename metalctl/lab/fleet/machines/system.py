"""A system that a machine has booted: its files, its detached units, and the commands that it knows."""

from __future__ import annotations

import json
import re
import shlex
import time

from metalctl.lab.fleet.machines.body import Body
from metalctl.lab.fleet.machines.booted import Booted
from metalctl.lab.fleet.machines.units import Units
from metalctl.model.codec import encode

AUTHORIZED = "/root/.ssh/authorized_keys"
_NODE = ("python3", "-m", "metalctl.node")
Done = tuple[int, str, str]


class System(Booted):
    """A booted system with its units and commands."""

    def __init__(self, machine: Body, kind: str) -> None:
        super().__init__(machine, kind)
        self.units = Units(self)

    def run(self, command: str) -> Done:
        """(status, stdout, stderr) of a command line, as a shell would leave them."""
        words = shlex.split(command)
        known = {
            "test": self._test, "cat": self._cat, "touch": self._touch, "rm": self._rm, "env": self._env,
            "systemctl": self._systemctl, "systemd-run": self._systemd_run,
        }  # fmt: skip
        if words and words[0] in ("mkdir", "tar"):
            return 0, "", ""
        if not words or words[0] not in known:
            return 127, "", f"{command}: the simulated machine does not know this command\n"
        return known[words[0]](words[1:])

    def _test(self, words: list[str]) -> Done:
        return (0 if self.files.exists(words[1]) else 1), "", ""

    def _cat(self, words: list[str]) -> Done:
        if words == ["/proc/uptime"]:
            return 0, f"{time.monotonic() - self.began:.2f} 0.00\n", ""
        if not self.files.exists(words[0]):
            return 1, "", f"cat: {words[0]}: No such file or directory\n"
        return 0, self.files.read(words[0]).decode(errors="replace"), ""

    def _touch(self, words: list[str]) -> Done:
        self.files.append(words[0], b"")
        return 0, "", ""

    def _rm(self, words: list[str]) -> Done:
        for path in words[1:]:
            self.files.remove(path)
        return 0, "", ""

    def _env(self, words: list[str]) -> Done:
        arguments = _of_node(words)
        if arguments[:1] == ["inspect"]:
            return 0, json.dumps(encode(self.inventory())), ""
        if arguments[:1] == ["disks"]:
            return 0, json.dumps(self.look(arguments[arguments.index("--") + 1 :])), ""
        return 2, "", f"{shlex.join(arguments)}: the simulated machine runs this detached only\n"

    def _systemctl(self, words: list[str]) -> Done:
        unit = words[-1].removesuffix(".service")
        if words[0] == "stop":
            self.units.stop(unit)
            return 0, "", ""
        return 0, "active\n" if self.units.active(unit) else "inactive\n", ""

    def _systemd_run(self, words: list[str]) -> Done:
        name = next(w for w in words if w.startswith("--unit=")).removeprefix("--unit=")
        refused = self.units.start(name, _of_node(words))
        return (1, "", refused) if refused else (0, "", "")


def phone_home_of(seed: dict[str, str]) -> dict[str, str]:
    """url, token and node that an installation left for the system on the disk; {} when there are none."""
    found = re.search(r'^\s*content: (".*")$', seed.get("user-data", ""), re.MULTILINE)
    return dict(json.loads(json.loads(found[1]))) if found else {}


def _of_node(words: list[str]) -> list[str]:
    """What follows `python3 -m metalctl.node`."""
    at = words.index("python3") + len(_NODE)
    return words[at:]
