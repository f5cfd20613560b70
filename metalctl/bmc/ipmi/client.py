"""Our end of the worker process: started with the session, ended with it, never outlived by it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import metalctl
from metalctl.bmc.credentials import lockout
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BmcError, Unreachable
from metalctl.bmc.ipmi.errors import failure

LOGIN = 15.0
LONG = {"fru": 60.0, "sdr": 180.0, "readings": 180.0, "sel": 180.0}  # seconds: these are hundreds of requests each


class Worker:
    """One logged-in IPMI session. `ask` blocks; a worker that does not answer in time is ended."""

    def __init__(self, endpoint: Endpoint, address: str, credential: Credential, timeout: float) -> None:
        self._endpoint = endpoint
        self._timeout = timeout
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "metalctl.bmc.ipmi.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": _path()},
        )
        try:
            self._login(address, credential)
        except BaseException:
            self.close()
            raise

    def _login(self, address: str, credential: Credential) -> None:
        to = {"address": address, "port": self._endpoint.effective_port}
        first = {**to, "username": credential.username, "password": credential.password}
        try:
            failed = self._exchange(first, min(self._timeout, LOGIN)).get("error")
        except Unreachable:
            failed = {"kind": "unreachable"}
        if failed and failed["kind"] == "password":
            raise lockout.refused(self._endpoint, credential, failed["message"])
        if failed and failed["kind"] == "unreachable":
            raise Unreachable(
                f"{self._endpoint} answers a ping, but the login of {credential} timed out",
                hint="check that the user exists and may use IPMI over LAN",
            )
        if failed:
            raise self._failure(failed)

    def ask(self, do: str, **arguments: Any) -> Any:
        """The value of one request; raises Unreachable, Unsupported or BadAnswer."""
        reply = self._exchange({"do": do, **arguments}, max(self._timeout, LONG.get(do, 0.0)))
        if failed := reply.get("error"):
            raise self._failure(failed)
        return reply["ok"]

    def close(self) -> None:
        """End the process; it logs out when its input ends."""
        process = self._process
        if process.stdin and not process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        try:
            process.wait(2.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    def _exchange(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        source, sink = self._process.stdout, self._process.stdin
        assert source
        assert sink
        name = str(self._endpoint)
        try:
            sink.write(json.dumps(request).encode() + b"\n")
            sink.flush()
        except (BrokenPipeError, ValueError):
            raise BmcError(f"{name}: the IPMI worker has ended", hint="connect again") from None
        waiting = select.poll()
        waiting.register(source, select.POLLIN)
        if not waiting.poll(timeout * 1000):
            self._process.kill()
            raise Unreachable(f"{name} did not answer within {timeout:g} s")
        line = source.readline()
        if not line:
            raise BmcError(f"{name}: the IPMI worker ended without an answer", hint="connect again")
        reply = json.loads(line)
        assert isinstance(reply, dict)
        return reply

    def _failure(self, failed: dict[str, str]) -> BmcError:
        if failed["kind"] == "unreachable":
            return Unreachable(f"{self._endpoint}: {failed['message']}")
        return failure(self._endpoint, failed["message"], failed["kind"] == "unsupported")


def _path() -> str:
    """PYTHONPATH under which the worker finds this very metalctl."""
    ours = str(Path(metalctl.__file__).parent.parent)
    return os.pathsep.join([ours, *filter(None, [os.environ.get("PYTHONPATH")])])
