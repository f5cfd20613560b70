"""The systemd unit of the service: its text for this installation, and what of it is lacking on this machine.

What is installed is compared with what `metalctl serve --unit` prints, and what systemd made of it (drop-ins too) with
what the service needs. It only looks.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from metalctl.content.host import Look
from metalctl.engine.errors import EngineError
from metalctl.engine.settings import load, require_boot
from metalctl.engine.state import default_state_dir
from metalctl.model.errors import MetalctlError
from metalctl.model.verdict import Verdict

NAME = "metalctl.service"
RUNNING = Path("/run/systemd/system")  # there only where systemd is what started the machine (sd_booted(3))
PRINT = "metalctl serve --unit > /etc/systemd/system/metalctl.service && systemctl daemon-reload"
DESCRIPTORS = 65536
ASKED = (
    "LoadState", "FragmentPath", "NeedDaemonReload", "UnitFileState", "ActiveState", "Type", "WatchdogUSec", "User",
    "AmbientCapabilities", "StateDirectory", "Environment", "StandardOutput", "LimitNOFILE",
)  # fmt: skip
Told = dict[str, str]


def unit_text(config: Path | None, *, standby: bool) -> str:
    """The text of the unit; the site may override its template (pxe/systemd/metalctl.service.j2)."""
    import jinja2

    from metalctl.content.paths import find

    template = jinja2.Template(find("pxe/systemd/metalctl.service.j2").read_text(), undefined=jinja2.StrictUndefined)
    program = _word(Path(sys.argv[0]).absolute())
    chosen = _word(config.absolute()) if config else ""
    return str(template.render(program=program, config=chosen, standby=standby))


def _word(path: Path) -> str:
    """One word of a command line of systemd (systemd.service(5)): % and $ doubled, in quotes where it must be."""
    text = str(path).replace("%", "%%").replace("$", "$$")
    return text if re.fullmatch(r"[\w/.,:@+=%$-]+", text) else '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'


def show(name: str) -> Told:
    """What systemd says of a unit; EngineError when it cannot be asked."""
    command = ["systemctl", "show", name, *(f"--property={one}" for one in ASKED)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineError(f"systemctl cannot be asked: {error}", hint="run it on the machine itself") from error
    return dict(line.partition("=")[::2] for line in done.stdout.splitlines())


def examine(ask: Callable[[str], Told] = show) -> list[Look]:
    """One look for each thing that the service wants of systemd. SKIP where systemd does not run."""
    if not RUNNING.is_dir():
        said = "systemd did not start this machine; `metalctl serve` runs in the foreground, or under what did"
        return [Look("systemd unit", Verdict.SKIP, said)]
    try:
        told = ask(NAME)
    except EngineError as error:
        return [Look("systemd unit", Verdict.UNKNOWN, error.message, error.hint)]
    if told.get("LoadState") != "loaded":
        got = f"{NAME} is {told.get('LoadState') or 'unknown'}"
        return [Look("systemd unit", Verdict.FAIL, got, f"{PRINT} && systemctl enable --now metalctl")]
    return [_installed(Path(told["FragmentPath"]), told), *_asked(told), _store(told), _settings(told)]


def with_unit(looks: list[Look], unit: list[Look]) -> list[Look]:
    """Both; a port that is in use is the running service's own."""
    running = any(look.what == "unit: running" and look.verdict is Verdict.PASS for look in unit)
    ours = "in use, by the running service"
    looks = [
        replace(look, verdict=Verdict.SKIP, got=ours, mend="") if running and look.got == "in use" else look
        for look in looks
    ]
    return [*looks, *unit]


def _look(what: str, good: bool, got: str, mend: str) -> Look:
    return Look(what, Verdict.PASS if good else Verdict.FAIL, got, "" if good else mend)


def _installed(path: Path, told: Told) -> Look:
    """The same as would be printed now; what is changed on purpose belongs into a drop-in."""
    what = "systemd unit"
    try:
        there = _lines(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        return Look(what, Verdict.UNKNOWN, f"{path}: {error}", "run metalctl doctor as root")
    words = _words(there)
    wanted = _lines(unit_text(_config(words), standby="--standby" in words))
    lost, more = [one for one in wanted if one not in there], [one for one in there if one not in wanted]
    if lost or more:
        differing = "; ".join([*(f"lacks {one}" for one in lost[:2]), *(f"has {one}" for one in more[:2])])
        mend = f"{PRINT}; what you changed on purpose belongs into a drop-in: systemctl edit metalctl"
        return Look(what, Verdict.FAIL, f"{path} is not what this version prints: {differing}", mend)
    if told.get("NeedDaemonReload") == "yes":
        return Look(what, Verdict.FAIL, f"{path} was changed since systemd read it", "systemctl daemon-reload")
    return Look(what, Verdict.PASS, f"{path}, as this version prints it")


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", ";"))]


def _words(lines: list[str]) -> list[str]:
    start = next((line for line in lines if line.startswith("ExecStart=")), "")
    return shlex.split(start.partition("=")[2])


def _config(words: list[str]) -> Path | None:
    if "--config" not in words[:-1]:
        return None
    return Path(words[words.index("--config") + 1].replace("%%", "%").replace("$$", "$"))


def _asked(told: Told) -> Iterator[Look]:
    """What systemd made of it, drop-ins too."""
    edit = "systemctl edit metalctl, and take out what changes it"
    enabled = told.get("UnitFileState", "")
    yield _look("unit: at boot", enabled == "enabled", enabled or "unknown", "systemctl enable metalctl")
    active = told.get("ActiveState", "")
    yield _look("unit: running", active in ("active", "reloading"), active or "unknown", "systemctl start metalctl")
    kind = told.get("Type", "")
    yield _look("unit: says when it is ready", kind in ("notify", "notify-reload"), f"Type={kind}", edit)
    dog = told.get("WatchdogUSec", "")
    yield _look("unit: watchdog", dog not in ("", "0", "infinity"), f"WatchdogSec={dog or 'none'}", edit)
    user = told.get("User") or "root"
    yield _look("unit: user", user == "root", user, f"{edit}: DHCP, TFTP and the building of images need root")
    output = told.get("StandardOutput", "")
    yield _look("unit: messages", output not in ("", "null"), f"StandardOutput={output or 'unknown'}", edit)
    limit = told.get("LimitNOFILE", "")
    enough = limit == "infinity" or (limit.isdigit() and int(limit) >= DESCRIPTORS)
    yield _look("unit: open files", enough, f"{limit or 'unknown'}, needed {DESCRIPTORS}", edit)


def _store(told: Told) -> Look:
    """The commands that a person types must look where the service remembers."""
    what = "unit: state directory"
    words = dict(word.partition("=")[::2] for word in shlex.split(told.get("Environment", "")))
    theirs = words.get("METALCTL_STATE", "")
    if not theirs or not told.get("StateDirectory"):
        return Look(what, Verdict.FAIL, "the unit names none", f"{PRINT} && systemctl restart metalctl")
    ours = _ours()
    mend = f"write `state: {theirs}` into /etc/metalctl/metalctl.yaml, or export METALCTL_STATE={theirs}"
    if not Path(theirs).is_dir():
        return Look(what, Verdict.FAIL, f"{theirs} is not there", "systemctl start metalctl makes it")
    got = theirs if ours == Path(theirs) else f"the service remembers in {theirs}, commands typed here in {ours}"
    return _look(what, ours == Path(theirs), got, mend)


def _ours() -> Path:
    """Where a command looks that is typed here: $METALCTL_STATE, then the settings, then the user's own."""
    try:
        return default_state_dir() if os.environ.get("METALCTL_STATE") else load().state.path
    except MetalctlError:
        return default_state_dir()


def _settings(told: Told) -> Look:
    """That what it is started with names a boot network."""
    path = Path(told["FragmentPath"])
    try:
        config = _config(_words(_lines(path.read_text(encoding="utf-8"))))
        boot = require_boot(load(config))
    except OSError as error:
        return Look("unit: settings", Verdict.UNKNOWN, f"{path}: {error.strerror}", "run metalctl doctor as root")
    except MetalctlError as error:
        return Look("unit: settings", Verdict.FAIL, error.message, error.hint)
    return Look("unit: settings", Verdict.PASS, f"serves {boot.network} on {boot.interface}")
