"""The validator's verdict: PASS only when it counted and failed nothing; missing is SKIP, broken is UNKNOWN."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from metalctl.bmc.capture import conformance
from metalctl.bmc.capture.conformance import Conformance, judge
from metalctl.bmc.capture.record import Capture
from metalctl.lab.fleet.replay import Replay

LINE = "+--------------+--------------+--------------+--------------+"
LOG = """\
2026 - redfish - INFO - Validating /redfish/v1/Systems/1...
2026 - redfish - ERROR - FAIL - /TotalThreads ([Not Present]): Read Requirement Error
2026 - redfish - INFO - Validating /redfish/v1/Chassis/1...
2026 - redfish - ERROR - FAIL - /Actions/#Reset ([Not Present]): Required Action Error
"""


def table(*counts: int) -> str:
    cells = "|".join(f"\x1b[32m {n} \x1b[0m" for n in counts)
    return f"{LINE}\n|     PASS     |     WARN     |     FAIL     |  NOT TESTED  |\n{LINE}\n|{cells}|\n{LINE}\n"


@pytest.mark.parametrize(
    ("code", "output", "verdict"),
    [(0, table(5, 1, 0, 3), "PASS"), (1, table(5, 0, 2, 3), "FAIL"), (0, table(5, 0, 2, 3), "FAIL"),
     (0, table(0, 0, 0, 9), "UNKNOWN"), (1, table(5, 0, 0, 0), "UNKNOWN"), (0, "done", "UNKNOWN"),
     (1, "Could not set up the service: no login", "UNKNOWN"), (0, "", "UNKNOWN")],
)  # fmt: skip
def test_the_verdict_is_what_was_counted(code: int, output: str, verdict: str) -> None:
    assert judge(code, output, "", "p").verdict == verdict


def test_failures_name_the_resource_that_they_are_about() -> None:
    found = judge(1, table(1, 0, 2, 0), LOG, "p")
    assert found.failures == (
        "/redfish/v1/Systems/1: /TotalThreads ([Not Present]): Read Requirement Error",
        "/redfish/v1/Chassis/1: /Actions/#Reset ([Not Present]): Required Action Error",
    )
    assert "2 requirements do not hold, 1 do" in found.reason


def program(path: Path, body: str) -> str:
    """A validator of our own."""
    file = path / "validator"
    file.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    file = tmp_path / "OpenStackIronicProfile.v1.json"
    file.write_text("{}")
    return file


@contextmanager
def served(capture: Capture, username: str, password: str) -> Iterator[str]:
    with Replay(capture.tree, username, password, allow=capture.allow) as bmc:
        yield bmc.url


check = partial(conformance.check, serve=served)
CAPTURE = Capture({"/redfish/v1": {"Id": "Root", "Links": {}}, "/redfish/v1/Systems": {"Members": []}}, {})


def test_what_is_missing_is_a_skip_with_what_to_do(tmp_path: Path, profile: Path) -> None:
    none = check(CAPTURE, profile, "no-such-validator")
    assert (none.verdict, "pip install redfish-interop-validator" in none.reason) == ("SKIP", True)
    good = program(tmp_path, "")
    assert check(CAPTURE, None, good).verdict == "SKIP"
    assert check(CAPTURE, tmp_path / "gone.json", good) == Conformance(
        "SKIP", f"{tmp_path / 'gone.json'}: file not found", "gone.json"
    )


def test_the_validator_meets_the_recorded_tree_on_loopback_with_a_password_of_its_own(
    tmp_path: Path, profile: Path
) -> None:
    look = program(
        tmp_path,
        "import base64, json, ssl, urllib.request\n"
        "url, password = sys.argv[2], sys.argv[6]\n"
        "context = ssl._create_unverified_context()\n"
        "request = urllib.request.Request(url + '/redfish/v1/Systems')\n"
        "request.add_header('Authorization', 'Basic ' + base64.b64encode(f'probe:{password}'.encode()).decode())\n"
        "assert json.load(urllib.request.urlopen(request, context=context)) == {'Members': []}\n"
        "assert url.startswith('https://127.0.0.1:') and sys.argv[-1].endswith('v1.json'), sys.argv\n"
        f"print({table(7, 0, 0, 0)!r})",
    )
    assert check(CAPTURE, profile, look) == Conformance("PASS", "7 requirements hold", profile.name)


def test_a_validator_that_hangs_or_breaks_is_unknown(tmp_path: Path, profile: Path) -> None:
    hangs = check(CAPTURE, profile, program(tmp_path, "import time; time.sleep(60)"), timeout=0.5)
    assert (hangs.verdict, "still running" in hangs.reason) == ("UNKNOWN", True)
    breaks = check(CAPTURE, profile, program(tmp_path, "raise SystemExit('no schema')"))
    assert (breaks.verdict, "no schema" in breaks.reason) == ("UNKNOWN", True)


def test_the_profile_is_found_on_the_content_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METALCTL_CONTENT", str(tmp_path))
    assert conformance.find_profile() is None
    folder = tmp_path / "redfish"
    folder.mkdir()
    for version in ("v1_1_0", "v1_2_0"):
        (folder / f"OpenStackIronicProfile.{version}.json").write_text("{}")
    found = conformance.find_profile()
    assert found
    assert found.name == "OpenStackIronicProfile.v1_2_0.json"


REPORT = """<html><body><aside><table><tr><td>Read Requirement Errors</td><td>9</td></tr></table></aside>
<div class="resource-card"><div class="resource-uri">Service Resource Requirements</div>
<table class="prop-table"><tr><th>Resource</th><th>Messages</th><th>Result</th></tr>
<tr><td>Chassis</td><td><div></div></td><td class="res-pass">PASS</td></tr>
<tr><td>EventService</td><td><div></div></td><td class="res-skip">SKIP</td></tr>
<tr><td>UpdateService</td><td><div></div><div class="msg-fail">Required Resource Error: Resource not found; Profile: M
 (v1.0.0), Use Case: Default</div></td><td class="res-fail">FAIL</td></tr></table></div>
<div class="resource-card"><div class="resource-uri">/redfish/v1/Systems/9</div>
<table class="prop-table"><tr><td>Boot/BootSourceOverrideTarget (Write)</td><td><div>None &amp; more</div></td>
<td class="res-skip">SKIP</td></tr></table><pre>&lt;tr&gt;&lt;td&gt;{}</pre></div></body></html>
"""


def reporting(folder: Path, *counts: int) -> str:
    """A validator that says in its report alone what it means, as DMTF's does."""
    return program(
        folder,
        "from pathlib import Path\n"
        "folder = Path(sys.argv[sys.argv.index('--logdir') + 1], 'today')\n"
        "folder.mkdir()\n"
        f"folder.joinpath('Report.html').write_text({REPORT!r})\n"
        f"print({table(*counts)!r})\n"
        f"sys.exit({int(counts[2] > 0)})",
    )


named = pytest.mark.truth("D4", "what the validator says in its report alone, or did not test, is counted and named")


@named
def test_a_mandatory_resource_that_is_missing_is_named(tmp_path: Path, profile: Path) -> None:
    found = check(CAPTURE, profile, reporting(tmp_path, 5, 0, 1, 2))
    assert found.failures == (
        "Service Resource Requirements: UpdateService Required Resource Error: Resource not found",)  # fmt: skip
    assert (found.verdict, found.reason) == ("FAIL", "1 requirements do not hold, 5 do, 2 were not tested")


@named
def test_what_was_not_tested_is_counted_and_named_beside_what_holds(tmp_path: Path, profile: Path) -> None:
    found = check(CAPTURE, profile, reporting(tmp_path, 5, 0, 0, 2))
    assert (found.verdict, found.reason) == ("PASS", "5 requirements hold, 2 were not tested")
    assert found.untested == (
        "Service Resource Requirements: EventService",
        "/redfish/v1/Systems/9: Boot/BootSourceOverrideTarget (Write) None & more",
    )


def test_without_a_report_the_log_names_what_was_not_tested() -> None:
    log = LOG + "2026 - redfish - INFO - SKIP - /AssetTag (Write) (x): Skip: Cannot test\n"
    assert judge(0, table(1, 0, 0, 1), log, "p").untested == (
        "/redfish/v1/Chassis/1: /AssetTag (Write) (x): Skip: Cannot test",)  # fmt: skip


def test_failures_that_nobody_names_are_counted_all_the_same() -> None:
    assert judge(1, table(5, 0, 3, 0), LOG, "p").reason == "3 requirements do not hold (1 of them unnamed), 5 do"


@pytest.mark.truth("D4", "a tree of which a part could not be read does not pass")
def test_a_tree_that_was_not_read_whole_does_not_pass(tmp_path: Path, profile: Path) -> None:
    good = program(tmp_path, f"print({table(7, 0, 0, 0)!r})")
    gone = {"/redfish/v1/Oem/Old": "https://10.0.0.1 answers HTTP 404 for /redfish/v1/Oem/Old"}
    assert check(Capture(CAPTURE.tree, {}, gone), profile, good).verdict == "PASS", "the BMC has no such thing"
    broken = gone | {"/redfish/v1/Chassis/2": "https://10.0.0.1 answers HTTP 500 for /redfish/v1/Chassis/2"}
    found = check(Capture(CAPTURE.tree, {}, broken), profile, good)
    assert (found.verdict, found.reason) == ("UNKNOWN", "7 requirements hold, 1 resources could not be read")
    assert "/redfish/v1/Chassis/2" in found.untested[0]


def test_the_validator_s_password_is_never_taken_for_an_option(
    tmp_path: Path, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_urlsafe", lambda size: "-u")
    parse = "import argparse\np = argparse.ArgumentParser()\np.add_argument('-p')\np.parse_known_args()\n"
    assert check(CAPTURE, profile, program(tmp_path, f"{parse}print({table(7, 0, 0, 0)!r})")).verdict == "PASS"
