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
from collections.abc import Callable, Container, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from metalctl.bmc.capture import interop_report
from metalctl.bmc.capture.record import Capture

Serve = Callable[[Capture, str, str], AbstractContextManager[str]]
"""Serves a capture over HTTPS on loopback to one user (name, password); gives the URL."""
PROGRAM = "rf_interop_validator"
INSTALL = "pip install redfish-interop-validator"
PROFILE = "OpenStackIronicProfile*.json"
TIMEOUT = 1800.0
MOST = 100  # requirements that are named
_COUNTS = re.compile(r"^\|\s*PASS\s*\|\s*WARN\s*\|\s*FAIL\s*\|.*\n[^|]*\|([^\n]*)\|", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Conformance:
    """verdict: PASS, FAIL, UNKNOWN or SKIP. reason: for a person. failures: what the profile wants and is not there.

    untested: what the validator could not test, or left out because the BMC lacks it and may.
    """

    verdict: str
    reason: str
    profile: str = ""
    failures: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()


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
    return "" if profile.is_file() else f"{profile}: file not found"


def check(
    capture: Capture, profile: Path | None, program: str = PROGRAM, timeout: float = TIMEOUT, *, serve: Serve
) -> Conformance:
    """Run the validator over a BMC's tree. program: its name or path. timeout: seconds. serve: see `Serve`."""
    if why := missing(profile, program):
        return Conformance("SKIP", why, profile.name if profile else "")
    assert profile
    password = secrets.token_hex(16)  # one that begins with "-" would be taken for an option
    with (
        tempfile.TemporaryDirectory(prefix="metalctl-interop-") as folder,
        serve(capture, "probe", password) as url,
    ):
        words = [shutil.which(program) or program, "-r", url, "-u", "probe", "-p", password]
        words += ["--authtype", "Basic", "--nooemcheck", "--logdir", folder, str(profile.resolve())]
        return _run(words, Path(folder), profile, timeout, _unread(capture))


def _run(words: list[str], folder: Path, profile: Path, timeout: float, unread: tuple[str, ...] = ()) -> Conformance:
    try:
        done = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, errors="replace", timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return Conformance("UNKNOWN", f"the validator was still running after {timeout:g} s", profile.name)
    except OSError as error:
        return Conformance("UNKNOWN", f"the validator did not start: {error.strerror}", profile.name)
    return judge(
        done.returncode,
        f"{done.stdout}\n{done.stderr}",
        _written(folder, "*.log"),
        profile.name,
        _written(folder, "*.html"),
        unread,
    )


def _written(folder: Path, pattern: str) -> str:
    return "\n".join(file.read_text(errors="replace") for file in sorted(folder.rglob(pattern)))


def judge(
    code: int, output: str, logs: str, profile: str, report: str = "", unread: tuple[str, ...] = ()
) -> Conformance:
    """The verdict of a finished run: only one that counted something that holds, and nothing that does not, is PASS.

    What it did not test is told beside a PASS: it tries no write, and what a profile only recommends may be missing.
    unread: what of the tree could not be read, as sentences; with any, nothing is known of the whole.
    """
    output = _COLOUR.sub("", output)
    counts = _counted(output)
    if len(counts) < 3:
        last = (["no output", *filter(None, map(str.strip, output.splitlines()))])[-1]
        return Conformance("UNKNOWN", f"the validator ended with code {code}: {last[:300]}", profile)
    rows = interop_report.rows(report, _COLOUR.sub("", logs))
    wrong, untested = _named(rows, interop_report.FAIL), _named(rows, interop_report.UNTESTED)
    passed, failed = counts[0], counts[2]
    unnamed = f" ({failed - len(wrong)} of them unnamed)" if len(wrong) < failed else ""
    if failed:
        verdict, reason = "FAIL", f"{failed} requirements do not hold{unnamed}, {passed} do"
    elif code or not passed:
        verdict, reason = "UNKNOWN", f"the validator counted nothing (code {code})"
    else:
        verdict, reason = "UNKNOWN" if unread else "PASS", f"{passed} requirements hold"
    rest = {"were not tested": sum(counts[3:4]), "resources could not be read": len(unread)}
    reason += "".join(f", {count} {what}" for what, count in rest.items() if count)
    return Conformance(verdict, reason, profile, wrong[:MOST], (*unread, *untested)[:MOST])


def _named(rows: Iterable[interop_report.Row], results: Container[str]) -> tuple[str, ...]:
    return tuple(str(row) for row in rows if row.result in results)


def _counted(output: str) -> list[int]:
    """Requirements that passed, with a warning, failed, and were not tested; [] when the table is not there."""
    table = _COUNTS.search(output)
    return [int(cell) for cell in table.group(1).split("|") if cell.strip().isdigit()] if table else []


def _unread(capture: Capture) -> tuple[str, ...]:
    """What the BMC has and did not give when its tree was recorded, each with the reason."""
    return tuple(f"{path}: not read: {why}" for path, why in capture.left_out.items() if "HTTP 404" not in why)
