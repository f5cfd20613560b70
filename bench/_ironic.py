"""The peer: a real Ironic (PyPI, an environment of its own, SQLite, one process), on the same simulated BMCs.

From the address of a BMC to its inventory in the store: node created, `manage` (a login), `inspect` by the redfish
interface, until every node is manageable with an inventory. It reads less than our sweep does: no drives' health, no
firmware, no settings.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench import _rig
from bench._fleet import environment

SERVE = Path(__file__).parents[1] / "tests" / "ironic" / "serve.py"
AT_ONCE = 16
PATIENCE = 1200.0
# Times 120 s.
READS = 5


def install() -> None:
    """Before the namespace is entered: it has no way to PyPI."""
    subprocess.run([sys.executable, str(SERVE), "install"], check=True, stdout=subprocess.DEVNULL, env=environment())


def measure(count: int) -> dict[str, Any]:
    """Machines a minute of Ironic."""
    with _rig.rack(count) as rack, tempfile.TemporaryDirectory(prefix="metalctl-ironic-") as folder:
        told = json.loads(_serve("up", "--dir", folder, "--address", "127.0.0.1", "--port", "6385"))
        try:
            return _inspected(_Api(told["url"]), rack)
        finally:
            _serve("down", "--dir", folder)


def _serve(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, str(SERVE), *words], check=True, stdout=subprocess.PIPE, text=True, env=environment()
    )
    return done.stdout


def _inspected(api: _Api, rack: _rig.Rack) -> dict[str, Any]:
    begun, again = time.perf_counter(), 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        names = list(pool.map(lambda item: api.create(*item, rack.credentials), enumerate(rack.urls())))
        for verb, state in (("manage", "manageable"), ("inspect", "manageable")):
            list(pool.map(lambda name, verb=verb: api.provision(name, verb), names))
            again += _await(api, state, verb)
        seconds = time.perf_counter() - begun
        read = sum(pool.map(api.has_inventory, names))
    if read != rack.count:
        raise SystemExit(f"bench: Ironic inspected {read} of {rack.count} nodes")
    told = {"ironic_machines_per_min": 60 * rack.count / seconds, "ironic_s": seconds, "ironic_nodes": rack.count}
    return {**told, "ironic_told_again": again}


def _await(api: _Api, state: str, verb: str) -> int:
    """Until all are there. Who failed (its SQLite is locked now and then) is told again; how often that was."""
    end, again = time.perf_counter() + PATIENCE, 0
    while True:
        nodes = api.ask("GET", "/v1/nodes?fields=name,provision_state,last_error&limit=2000")["nodes"]
        if all(node["provision_state"] == state for node in nodes):
            return again
        failed = [n for n in nodes if n["provision_state"] in ("enroll", "inspect failed") and n["last_error"]]
        if time.perf_counter() > end:
            raise SystemExit(f"bench: Ironic did not come to {state}: {failed[:1]}")
        for node in failed:
            api.provision(node["name"], verb)
        again += len(failed)
        time.sleep(0.2)


class _Api:
    """As much of Ironic's as this takes."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def create(self, number: int, address: str, credentials: dict[str, str]) -> str:
        """The node's name."""
        info = {
            "redfish_address": address,
            "redfish_username": credentials["BENCH_USERNAME"],
            "redfish_password": credentials["BENCH_PASSWORD"],
            "redfish_system_id": "/redfish/v1/Systems/Node-0",
            "redfish_verify_ca": False,
        }
        name = f"n{number:05}"
        self.ask("POST", "/v1/nodes", {"name": name, "driver": "redfish", "inspect_interface": "redfish",
                                       "driver_info": info})  # fmt: skip
        return name

    def provision(self, name: str, verb: str) -> None:
        """Tell it; a node that is locked for a moment is told again, and so is one whose request was cut off."""
        cut = False
        for _ in range(60):
            try:
                self.ask("PUT", f"/v1/nodes/{name}/states/provision", {"target": verb})
            except urllib.error.HTTPError as refused:
                if cut and refused.code == 400:
                    return  # what was cut off had been done: it is in that state, or on its way
                if refused.code not in (409, 503):
                    raise
            except (ConnectionError, TimeoutError):
                cut = True
            else:
                return
            time.sleep(1)

    def has_inventory(self, name: str) -> bool:
        """Whether what was read is stored."""
        return "inventory" in self.ask("GET", f"/v1/nodes/{name}/inventory")

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One request; a reading that was not answered in time, while all its threads inspect, is asked again."""
        for _ in range(READS if method == "GET" else 1):
            with contextlib.suppress(TimeoutError):
                return self._asked(method, path, body)
        raise TimeoutError(f"Ironic's API did not answer {method} {path}")

    def _asked(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        headers = {"Content-Type": "application/json", "X-OpenStack-Ironic-API-Version": "1.81"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, headers, method=method)  # noqa: S310 - ours
        with self._opener.open(request, timeout=120) as answer:
            text = answer.read()
        return json.loads(text) if text else None
