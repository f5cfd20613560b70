"""What a replayed BMC does beside giving out its tree: sessions, $expand, ETags."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web


class Service:
    """sessions: path → token of those that are open; `opened` counts them all. most: sessions that may be open.

    expands: whether $expand is honoured; broken: the path on which it is answered with 500; etags: whether there are.
    """

    def __init__(self, tree: Mapping[str, Any], username: str, password: str) -> None:
        self._tree = tree
        self._account = (username, password)
        self.sessions: dict[str, str] = {}
        self.opened = 0
        self.most = 8
        self.expands = True
        self.etags = True
        self.broken = ""
        self.asked_to_expand = 0

    @property
    def where(self) -> str:
        """The path at which sessions are opened, "" when the service root names none."""
        links = self._tree.get("/redfish/v1", {}).get("Links")
        path = links.get("Sessions", {}).get("@odata.id") if isinstance(links, dict) else None
        return str(path or "").rstrip("/")

    def session(self, method: str, path: str, body: Any) -> web.Response | None:
        """The answer to a login or a logout; None when it is neither."""
        if method == "POST" and path and path == self.where:
            return self._login(path, body)
        if method == "DELETE" and path in self.sessions:
            del self.sessions[path]
            return web.Response(status=204)
        return None

    def _login(self, path: str, body: Any) -> web.Response:
        # Without a password anybody may log in.
        if self._account[1] and (body.get("UserName"), body.get("Password")) != self._account:
            return web.json_response({"error": {"code": "Base.1.0.ResourceAtUriUnauthorized"}}, status=401)
        if len(self.sessions) >= self.most:
            return web.json_response({"error": {"code": "Base.1.0.SessionLimitExceeded"}}, status=503)
        self.opened += 1
        own, token = f"{path}/{self.opened}", f"token-{self.opened}"
        self.sessions[own] = token
        return web.json_response({"@odata.id": own}, status=201, headers={"X-Auth-Token": token, "Location": own})

    def resource(self, request: web.Request, resource: Any) -> web.Response:
        """The resource, expanded if that was asked, or 304 when it is the one that is known already."""
        self.asked_to_expand += "$expand" in request.query
        if self.broken and request.query.get("$expand") and request.path == self.broken:
            return web.json_response({"error": {"code": "Base.1.0.InternalError"}}, status=500)
        if self.expands and request.query.get("$expand"):
            resource = self._expanded(resource)
        body = json.dumps(resource).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"ETag": etag} if self.etags else {}
        if self.etags and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/json", headers=headers)

    def _expanded(self, resource: Any) -> Any:
        """One level: the members of a collection, or what hangs on a resource outside of Links and Oem."""
        if not isinstance(resource, dict):
            return resource
        return {name: value if name in ("Links", "Oem", "Actions") else self._followed(value)
                for name, value in resource.items()}  # fmt: skip

    def _followed(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._followed(one) for one in value]
        if isinstance(value, dict) and list(value) == ["@odata.id"] and isinstance(value["@odata.id"], str):
            return self._tree.get(value["@odata.id"].rstrip("/"), value)
        return value
