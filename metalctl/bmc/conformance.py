"""DMTF's redfish-interop-validator with OpenStack Ironic's profile, run as a program of its own when it is installed.

    pip install redfish-interop-validator               # into any environment whose bin is on the path
    metalctl bmc probe HOST --credential REF --profile OpenStackIronicProfile.v1_2_0.json

The validator takes the password in its arguments and does not verify certificates. So it never meets the BMC: it is
run against the tree that was just read over the verified connection, served on loopback with a password of its own.
PASS and FAIL are its verdicts; SKIP says what is missing; UNKNOWN that it did not come to an end.
"""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from metalctl.bmc.record import Capture

PROGRAM = "rf_interop_validator"
INSTALL = "pip install redfish-interop-validator"
PROFILE = "OpenStackIronicProfile*.json"
TIMEOUT = 1800.0
_COUNTS = re.compile(r"^\|\s*PASS\s*\|\s*WARN\s*\|\s*FAIL\s*\|.*\n[^|]*\|([^\n]*)\|", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Conformance:
    """verdict: PASS, FAIL, UNKNOWN or SKIP. reason: for a person. failures: what the profile wants and is not there."""

    verdict: str
    reason: str
    profile: str = ""
    failures: tuple[str, ...] = ()


def find_profile() -> Path | None:
    """The newest Ironic profile on the content path (`redfish/`), None when there is none."""
    from metalctl.content.paths import find_all

    found = sorted(file for folder in find_all("redfish") for file in folder.glob(PROFILE))
    return found[-1] if found else None


def missing(profile: Path | None, program: str = PROGRAM) -> str:
    """Why the validator cannot be run, "" when it can."""
    if not shutil.which(program):
        return f"{program} is not installed: {INSTALL}"
    if profile is None:
        return f"no profile is given, and no redfish/{PROFILE} is on the content path (openstack/ironic has it)"
    return "" if profile.is_file() else f"{profile} is no file"


def check(capture: Capture, profile: Path | None, program: str = PROGRAM, timeout: float = TIMEOUT) -> Conformance:
    """Run the validator over a BMC's tree. program: its name or path. timeout: seconds."""
    if why := missing(profile, program):
        return Conformance("SKIP", why, profile.name if profile else "")
    assert profile
    from metalctl.bmc.replay import Replay

    password = secrets.token_urlsafe(16)
    with (
        tempfile.TemporaryDirectory(prefix="metalctl-interop-") as folder,
        Replay(capture.tree, "probe", password, allow=capture.allow) as served,
    ):
        words = [shutil.which(program) or program, "-r", served.url, "-u", "probe", "-p", password]
        words += ["--authtype", "Basic", "--nooemcheck", "--logdir", folder, str(profile.resolve())]
        return _run(words, Path(folder), profile.name, timeout)


def _run(words: list[str], folder: Path, profile: str, timeout: float) -> Conformance:
    try:
        done = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, errors="replace", timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return Conformance("UNKNOWN", f"the validator was still running after {timeout:g} s", profile)
    except OSError as error:
        return Conformance("UNKNOWN", f"the validator did not start: {error.strerror}", profile)
    logs = "\n".join(file.read_text(errors="replace") for file in sorted(folder.rglob("*.log")))
    return judge(done.returncode, f"{done.stdout}\n{done.stderr}", logs, profile)


def judge(code: int, output: str, logs: str, profile: str) -> Conformance:
    """The verdict of a finished run: only one that counted something that holds, and nothing that does not, is PASS."""
    output = _COLOUR.sub("", output)
    table = _COUNTS.search(output)
    counts = [int(cell) for cell in table.group(1).split("|") if cell.strip().isdigit()] if table else []
    if len(counts) < 3:
        last = next((line for line in reversed(output.splitlines()) if line.strip()), "no output")
        return Conformance("UNKNOWN", f"the validator ended with code {code}: {last.strip()[:300]}", profile)
    passed, _, failed = counts[:3]
    failures = tuple(dict.fromkeys(_failures(logs)))
    if failed:
        return Conformance("FAIL", f"{failed} requirements do not hold, {passed} do", profile, failures[:100])
    if code == 0 and passed:
        return Conformance("PASS", f"{passed} requirements hold", profile)
    return Conformance("UNKNOWN", f"the validator counted nothing (code {code})", profile)


def _failures(logs: str) -> list[str]:
    """Each failure with the resource that it is about, as the log tells them."""
    found, resource = [], ""
    for line in logs.splitlines():
        if hit := re.search(r"Validating (/\S+?)\.\.\.$", line):
            resource = hit.group(1)
        elif hit := re.search(r"ERROR - FAIL - (.+)$", line):
            found.append(f"{resource}: {hit.group(1)}")
    return found
