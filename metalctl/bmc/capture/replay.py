"""A Redfish BMC that replays a recorded tree over HTTPS: the fake of this room, for tests and for trying things out.

    tree = record.load(Path("captures/rack-server")).tree       # path → JSON, from NAME/redfish/v1/**/index.json
    with Replay(tree, username="admin", password="s3cret") as bmc:
        bmc.faults["/redfish/v1/Systems/1/Storage"] = Fault(status=500)
        connect(parse_endpoint(bmc.url), Credential("admin", "s3cret"))
    assert bmc.authorized == 1                                 # requests that carried an Authorization header

It runs in a thread, on 127.0.0.1, with a certificate of its own made at start. Reset and boot override really
change the tree, unless `obeys` is off: then the BMC accepts everything and does nothing, as some do.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from metalctl.bmc.capture.replay_service import Service

_ON = frozenset({"On", "ForceOn", "ForceRestart", "GracefulRestart", "PowerCycle"})
_OPEN = frozenset({"/redfish", "/redfish/v1"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one path: an HTTP status, another body, seconds of silence first, a redirect.

    kind: content type of the body. endless: the body is sent again and again. times: how often it happens, 0: always.
    drop: the connection is closed instead of an answer.
    """

    status: int = 200
    body: str | None = None
    delay: float = 0.0
    location: str = ""
    kind: str = "text/plain"
    endless: bool = False
    times: int = 0
    drop: bool = False


class Replay:
    """One BMC; a context manager. `requests` counts by (method, path), `authorized` the logged-in ones, `basics` those
    that carried the password itself.

    port: 0 takes a free one; entering raises OSError when it is taken. allow: path → the Allow header of its answers.
    """

    def __init__(
        self,
        tree: Mapping[str, Any],
        username: str = "admin",
        password: str = "",
        address: str = "127.0.0.1",
        port: int = 0,
        allow: Mapping[str, str] | None = None,
    ) -> None:
        self.tree = {path.rstrip("/"): deepcopy(value) for path, value in tree.items()}
        self.service = Service(self.tree, username, password)
        self.faults: dict[str, Fault] = {}
        self.obeys = True
        self.requests: Counter[tuple[str, str]] = Counter()
        self.authorized = 0
        self.basics = 0
        self.fingerprint = ""
        self.port = port
        self._allow = dict(allow or {})
        self._failed: OSError | None = None
        self._address = address
        self._expected = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode() if password else ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._ready = threading.Event()
        self._stop = asyncio.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://{self._address}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(60):
            raise TimeoutError("the replay server did not start")
        if self._failed:
            raise self._failed
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _serve(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            context, self.fingerprint = certificate(Path(directory), self._address)
        try:
            self._loop.run_until_complete(self._run(context))
            self._loop.run_until_complete(self._end())
        finally:
            self._loop.close()

    async def _run(self, context: ssl.SSLContext) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, self._address, self.port, ssl_context=context)
        try:
            await site.start()
        except OSError as error:
            self._failed = error
            self._ready.set()
            await runner.cleanup()
            return
        self.port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _end(self) -> None:
        """Answers that are still being delayed end with the server."""
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.rstrip("/")
        self.requests[request.method, path] += 1
        given = request.headers.get("Authorization", "")
        token = request.headers.get("X-Auth-Token", "")
        self.authorized += bool(given or token)
        self.basics += bool(given)
        body = await request.json() if request.method in ("POST", "PATCH") else {}
        if path not in self.faults and (answer := self.service.session(request.method, path, body)):
            return answer
        logging_in = request.method == "POST" and path == self.service.where
        known = token in self.service.sessions.values() if token else given == self._expected or logging_in
        if self._expected and not known and path not in _OPEN:
            return web.json_response({"error": {"code": "Base.1.0.AccessDenied"}}, status=401)
        fault = self.faults.get(path)
        if fault:
            if fault.times and self.requests[request.method, path] >= fault.times:
                del self.faults[path]
            await asyncio.sleep(fault.delay)
            if broken := await self._broken(request, fault):
                return broken
        if request.method in ("POST", "PATCH"):
            return self._change(path, body)
        if (found := self._found(path)) is None:
            return web.json_response({"error": {"code": "Base.1.0.ResourceMissingAtURI"}}, status=404)
        answer = self.service.resource(request, found)
        if path in self._allow:
            answer.headers["Allow"] = self._allow[path]
        return answer

    def _found(self, path: str) -> Any:
        """The resource, None when there is none. Some BMCs link to what they list in another case, and serve it."""
        if path in self.tree:
            return self.tree[path]
        folded = path.lower()
        return next((found for listed, found in self.tree.items() if listed.lower() == folded), None)

    async def _broken(self, request: web.Request, fault: Fault) -> web.StreamResponse | None:
        if fault.drop and request.transport:
            request.transport.close()
        if fault.endless:
            stream = web.StreamResponse(headers={"Content-Type": "application/json"})
            await stream.prepare(request)
            while request.transport and not request.transport.is_closing() and not self._stop.is_set():
                await stream.write((fault.body or "[").encode())
                await asyncio.sleep(0)
            return stream
        if fault.status == 200 and fault.body is None:
            return None
        headers = {"Location": fault.location} if fault.location else None
        return web.Response(status=fault.status, text=fault.body or "", headers=headers, content_type=fault.kind)

    def _change(self, path: str, body: dict[str, Any]) -> web.Response:
        system, is_action, _ = path.partition("/Actions/ComputerSystem.Reset")
        if system not in self.tree:
            return web.Response(status=404)
        if is_action and self.obeys:
            if body.get("ResetType") != "Nmi":
                self.tree[system]["PowerState"] = "On" if body.get("ResetType") in _ON else "Off"
        elif self.obeys:
            self.tree[system].setdefault("Boot", {}).update(body.get("Boot", {}))
        return web.Response(status=204)


def certificate(directory: Path, address: str) -> tuple[ssl.SSLContext, str]:
    """A server's TLS context with a fresh self-signed certificate, and its SHA-256 (hex)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, address)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(30)).sign(key, hashes.SHA256())
    pem, secret = directory / "cert.pem", directory / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    secret.touch(0o600)
    secret.write_bytes(key.private_bytes(*form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return context, made.fingerprint(hashes.SHA256()).hex()
