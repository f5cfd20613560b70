"""What a Reader needs of a client, from a tree in memory: nothing is sent."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from metalctl.bmc import parse_endpoint
from metalctl.bmc.errors import Missing
from metalctl.bmc.redfish.client.transport import Response
from metalctl.bmc.redfish.schema.body import Resource, decode


class Client:
    """Path → resource; requests counts the answers."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self.endpoint = parse_endpoint("https://192.0.2.1")
        self.tree = tree
        self.requests = 0
        self.transport = self
        self.deadline = None
        self.gate: Any = None

    async def get_answer(self, path: str, etag: str = "", patience: float = 1.0) -> Response:
        await asyncio.sleep(0)
        if self.gate:
            self.gate(path)
        self.requests += 1
        path = path.partition("#")[0].partition("?")[0].rstrip("/")
        if path not in self.tree:
            raise Missing(f"no {path}", hint="-")
        return Response(200, {}, json.dumps(self.tree[path]).encode())

    def decoded(self, path: str, answer: Response) -> Resource:
        return decode("bmc", path, answer.body)

    async def get(self, path: str, patience: float = 1.0) -> Resource:
        return self.decoded(path, await self.get_answer(path))
