"""The HTTP side of network booting, for machines, not for people. Its routes:

    GET  /ipxe                      the script that makes a loader say who it is
    GET  /ipxe?mac=…&uuid=…         the script for that machine, by the state of its node (never cached)
    GET  /files/…                   ramdisk, images and loaders of the artifact table, with ranges
    POST /phone-home                a booted system reports (JSON); 200 Welcome, 400 malformed, 403 refused, 413 long
    POST /news                      a run on a node says that its journal grew; 204, 400 malformed, 403 not believed
    GET  /healthz                   {"status": "ok", "ramdisk": …}

It speaks plain HTTP, since ROMs can nothing else; what it must keep safe are the one-time tokens, which are only ever
in the body of a script and in the body of a phone-home.
"""

from __future__ import annotations

import functools
import json
import logging
from dataclasses import replace
from typing import Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from metalctl.boot import scripts
from metalctl.boot.artifacts import Artifacts
from metalctl.boot.directory import Directory
from metalctl.boot.errors import BadScriptValue, BootError, Refused
from metalctl.boot.transfers import Counted, OnTransfer
from metalctl.model.boot import BootIntent, PhoneHome
from metalctl.model.codec import DecodeError, decode, encode
from metalctl.model.run import News

log = logging.getLogger(__name__)
LONGEST_REPORT = 64 * 1024
NO_STORE = {"Cache-Control": "no-store"}


class _File(FileResponse):
    """Larger pieces than the default of 64 KiB: each piece is a hop to a worker thread."""

    chunk_size = 1 << 20


def app(
    directory: Directory, artifacts: Artifacts, *, base_url: str = "", on_transfer: OnTransfer | None = None
) -> Starlette:
    """The service. base_url: where nodes reach it, "http://172.31.0.1:8080"; else what the request was sent to."""
    service = _Service(directory, artifacts, base_url.rstrip("/"))
    return Starlette(
        routes=[
            Route("/ipxe", service.ipxe, methods=["GET"]),
            Route("/files/{name:path}", service.file, methods=["GET"]),
            Route("/phone-home", service.phone_home, methods=["POST"]),
            Route("/news", service.news, methods=["POST"]),
            Route("/healthz", service.health, methods=["GET"]),
        ],
        middleware=[Middleware(Counted, on_transfer=on_transfer)],
    )


class _Service:
    def __init__(self, directory: Directory, artifacts: Artifacts, base_url: str) -> None:
        self.directory, self.artifacts, self.base_url = directory, artifacts, base_url

    def base(self, request: Request) -> str:
        return self.base_url or str(request.base_url).rstrip("/")

    async def ipxe(self, request: Request) -> Response:
        asked = request.query_params
        if request.method == "HEAD":
            return Response(headers=NO_STORE)  # looking must not use up a token
        if "mac" not in asked:
            return PlainTextResponse(scripts.start(self.base(request)), headers=NO_STORE)
        try:
            machine = scripts.asker(
                asked.getlist("mac"), asked.get("uuid", ""), asked.get("platform", ""), asked.get("arch", ""),
                asked.get("try", "0"),
            )  # fmt: skip
        except BadScriptValue as wrong:
            return PlainTextResponse(f"{wrong.message}\n", 400)
        text = await to_thread.run_sync(self._script, machine, self.base(request))
        return PlainTextResponse(text, headers=NO_STORE)

    def _script(self, machine: scripts.Asker, base_url: str) -> str:
        intent = self.directory.intent(machine.macs, machine.uuid)
        try:
            decided, text = scripts.answer(machine, intent, base_url, self.artifacts.ramdisk_path)
        except BootError as wrong:
            log.error("no boot script for %s: %s", machine.mac, wrong.message)
            held = BootIntent(node="unnamed", action="local")
            decided, text = scripts.answer(machine, held, base_url, "")
        node = intent.node if intent else "unknown machine"
        log.info("boot script for %s (%s, %s): %s", node, machine.mac, machine.platform or "platform unknown", decided)
        self.directory.sighting(machine.mac, f"boot script: {decided}{machine.platform and f' ({machine.platform})'}")
        return text

    async def file(self, request: Request) -> Response:
        path = self.artifacts.find(request.path_params["name"])
        if path is None:
            return PlainTextResponse("no such file\n", 404)
        try:
            found = await to_thread.run_sync(path.stat)
        except OSError as gone:
            log.error("%s is offered but cannot be read: %s", path, gone.strerror)
            return PlainTextResponse("the file is gone\n", 404)
        kind = "application/json" if path.suffix == ".json" else "application/octet-stream"
        return _File(path, media_type=kind, stat_result=found)

    async def phone_home(self, request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _refusal(413, "too-long", f"a phone-home has at most {LONGEST_REPORT} bytes")
        peer = request.client.host if request.client else ""
        try:
            report = read_report(body, peer)
        except DecodeError as wrong:
            log.warning("malformed phone-home from %s: %s", peer, _without_values(wrong))
            return _refusal(400, "malformed", _without_values(wrong))
        try:
            welcome = await to_thread.run_sync(self.directory.welcome, report)
        except Refused as no:
            log.warning("phone-home from %s refused: %s", peer, no.message)
            return _refusal(403, no.reason, no.message)
        log.info("phone-home of %s (%s) from %s, boot %s", report.node, report.kind, peer, report.boot_id)
        for mac in report.macs[:1]:
            note = functools.partial(self.directory.sighting, mac, f"phone-home: {report.kind}")
            await to_thread.run_sync(note)
        return JSONResponse(encode(welcome), headers=NO_STORE)

    async def news(self, request: Request) -> Response:
        body = await _body(request)
        try:
            news = decode(News, json.loads(body or b""))
        except (ValueError, RecursionError):
            return Response(status_code=400)
        believed = await to_thread.run_sync(self.directory.news, news)
        return Response(status_code=204 if believed else 403)

    async def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok", "ramdisk": self.artifacts.ramdisk_path})


def read_report(body: bytes, peer: str) -> PhoneHome:
    """The JSON of a phone-home; `peer` is where it came from. Raises DecodeError.

    `root_disk` {"name", "serial", "wwn"} of an installed system becomes extra["root_disk.name"] and so on;
    extra["peer"] is the peer's address, which is also `address`, whatever the report states.
    """
    try:
        data: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise DecodeError("PhoneHome: this is not JSON") from None
    if not isinstance(data, dict):
        raise DecodeError("PhoneHome: expected an object")
    disk = decode(dict[str, str], data.pop("root_disk", {}), "PhoneHome.root_disk")
    report = decode(PhoneHome, data)
    extra = report.extra | {f"root_disk.{key}": value for key, value in disk.items()} | {"peer": peer}
    macs = tuple(mac.lower() for mac in report.macs)
    # Anybody can state an address; the call came from this one.
    return replace(report, macs=macs, address=peer or report.address, extra=extra)


async def _body(request: Request) -> bytes | None:
    """The body, or None as soon as it is too long."""
    gathered = b""
    try:
        async for piece in request.stream():
            gathered += piece
            if len(gathered) > LONGEST_REPORT:
                return None
    except ClientDisconnect:
        return b""
    return gathered


def _without_values(wrong: DecodeError) -> str:
    """The mismatch without the value found: it may be a token in the wrong place."""
    return wrong.message.partition(", got ")[0]


def _refusal(status: int, reason: str, message: str) -> Response:
    return JSONResponse({"error": reason, "message": message}, status, headers=NO_STORE)
