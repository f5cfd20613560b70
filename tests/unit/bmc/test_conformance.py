"""The validator's verdict: PASS only when it counted and failed nothing; missing is SKIP, broken is UNKNOWN."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from metalctl.bmc import conformance
from metalctl.bmc.conformance import Conformance, check, judge
from metalctl.bmc.record import Capture

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


CAPTURE = Capture({"/redfish/v1": {"Id": "Root", "Links": {}}, "/redfish/v1/Systems": {"Members": []}}, {})


def test_what_is_missing_is_a_skip_with_what_to_do(tmp_path: Path, profile: Path) -> None:
    none = check(CAPTURE, profile, "no-such-validator")
    assert (none.verdict, "pip install redfish-interop-validator" in none.reason) == ("SKIP", True)
    good = program(tmp_path, "")
    assert check(CAPTURE, None, good).verdict == "SKIP"
    assert check(CAPTURE, tmp_path / "gone.json", good) == Conformance(
        "SKIP", f"{tmp_path / 'gone.json'} is no file", "gone.json"
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
