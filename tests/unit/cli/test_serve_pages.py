"""`metalctl serve --pages`: the pages of a state directory that nobody serves, until it is told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from metalctl.cli.main import run
from tests.unit.cli import recorded


def test_the_pages_of_a_store_at_rest_are_served_and_end_by_a_signal(tmp_path: Path) -> None:
    state = recorded.make(tmp_path / "state")
    settings = tmp_path / "metalctl.yaml"
    settings.write_text(f"web: {{host: 127.0.0.1, port: 0}}\nstate: {state.path}\n")
    command = [sys.executable, "-m", "metalctl.cli.main", "serve", "--pages", "--config", str(settings)]
    kept = {name: value for name, value in os.environ.items() if name != "METALCTL_STATE"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=kept) as served:
        assert served.stdout is not None
        url = served.stdout.readline().removeprefix("pages on ").strip()
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"{url}/nodes/sto2", timeout=30) as page:
                assert "disks.osd.count" in page.read().decode()
            with pytest.raises(urllib.error.HTTPError, match="503") as sick:
                opener.open(f"{url}/healthz", timeout=30)
            assert "no service is watched" in sick.value.read().decode()
            sick.value.close()
        finally:
            served.send_signal(signal.SIGTERM)
        assert served.wait(30) == 0


def test_pages_stand_by_for_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--pages", "--standby"]) == 2
    assert "nothing to stand by for" in capsys.readouterr().err
