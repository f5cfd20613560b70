"""`metalctl lab bmcs` as a process: it says when it is ready, serves over TLS, and ends cleanly."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def command(*words, **environment):
    line = [sys.executable, "-m", "metalctl.cli.main", "lab", "bmcs", *words]
    return subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_where_it_serves_and_ends_on_a_signal(number):
    words = ("--json", "--count", "3", "--base", "127.78.2.1", "--tls", "--credential", "env:SIM")
    with command(*words, SIM_USERNAME="factory", SIM_PASSWORD="f4ctory") as process:
        told = json.loads(process.stdout.readline())
        assert (told["base"], told["count"], told["scheme"], told["username"]) == ("127.78.2.1", 3, "https", "factory")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.78.2.3", told["port"], timeout=60, context=context)
        connection.request("GET", "/redfish/v1")
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(number)
        out, error = process.communicate(timeout=60)
    assert (process.returncode, out, error) == (0, "", "")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--fault", "rust=0.1"), 2, "no fault is called 'rust'"),
        (("--tree", "fridge"), 2, "no tree is called 'fridge'"),
        (("--capture", "/nowhere.tar.gz"), 2, "/nowhere.tar.gz"),
        (("--capture", __file__, "--tree", "y"), 2, "exclude each other"),
        (("--latency", "soon"), 2, "not a duration"),
        (("--base", "10.0.0.1"), 3, "loopback only"),
        (("--fault", "help"), 0, "subtree-500"),
        (("--fault", "help"), 0, "mapped-out-dimm A module failed its training"),
        (("--tree", "compute", "--fault", "missing-drive"), 2, "fault missing-drive: there is no hdd drive"),
    ],
)
def test_what_cannot_be_served_is_told_without_a_traceback(words, code, says):
    with command(*words) as process:
        out, error = process.communicate(timeout=60)
    assert process.returncode == code
    assert says in " ".join((out + error).split())
    assert "Traceback" not in out + error
