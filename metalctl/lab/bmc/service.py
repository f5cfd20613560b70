"""What a BMC answers to a request: faults first, then who may, then what the tree and its changes say."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from metalctl.lab.bmc import actions, changes
from metalctl.lab.bmc.auth import OPEN
from metalctl.lab.bmc.bmc import Bmc
from metalctl.lab.bmc.message import Request, Response, dump, refusal
from metalctl.lab.bmc.query import PLAIN, BadQuery, parse_query

CONTROL = "/.lab"


def answer(bmc: Bmc, request: Request) -> Response:
    """The answer of one BMC; never raises."""
    if request.path.startswith(CONTROL):
        return _control(bmc, request)
    statistics = bmc.statistics
    statistics.requests += 1
    statistics.methods[request.method] += 1
    statistics.paths[request.path] += 1
    for fault in bmc.faults:
        if (early := fault.before(request)) is not None:
            return _counted(bmc, early)
    found = _routed(bmc, request)
    for fault in bmc.faults:
        found = fault.after(request, found)
    return _counted(bmc, found)


def _counted(bmc: Bmc, found: Response) -> Response:
    bmc.statistics.status[found.status] += 1
    bmc.statistics.body_bytes += len(found.body)
    return found


def _routed(bmc: Bmc, request: Request) -> Response:
    path = bmc.library.canonical(unquote(request.path))
    sessions = bmc.auth.collection if request.method == "POST" and path.endswith("Sessions") else ""
    if path not in OPEN and path != sessions and (refused := bmc.auth.refuses(request)):
        return refused
    if request.method in ("GET", "HEAD"):
        return _read(bmc, path, request)
    match = request.header(b"if-match")
    if match and match != "*" and match != bmc.etag(path):
        return refusal(412, "PreconditionFailed", "The ETag is not that of the resource.")
    return bmc.auth.open_session(path, request) if path == sessions else _write(bmc, path, request)


def _write(bmc: Bmc, path: str, request: Request) -> Response:
    body = request.json()
    if body is None:
        return refusal(400, "MalformedJSON", "The body is not a JSON object.")
    if request.method == "POST":
        return actions.act(bmc, path, body) if "/Actions/" in path else _create(bmc, path, body)
    if request.method == "PATCH":
        return changes.change(bmc, path, body)
    return _delete(bmc, path) if request.method == "DELETE" else _not_allowed(request.method, path)


def _read(bmc: Bmc, path: str, request: Request) -> Response:
    text = unquote(request.query) if "%" in request.query else request.query
    recorded = f"{path}?{text}"
    try:
        # A capture may hold the second page of a collection, under the link that led to it.
        if recorded in bmc.library.tree:
            path, text = recorded, ""
        query = parse_query(text)
        found = bmc.get(path, query if bmc.settings.expand or not query.expand else PLAIN)
    except BadQuery as error:
        return refusal(400, "QueryParameterValueFormatError", f"The query {error} is not supported.")
    if found is None:
        monitor = bmc.tasks.monitor(path)
        return monitor or refusal(404, "ResourceMissingAtURI", f"There is no {path}.")
    body, etag = found
    if request.header(b"if-none-match") in (etag, "*"):
        return Response(304, etag=etag)
    return Response(200, body, etag)


def _create(bmc: Bmc, path: str, body: dict[str, Any]) -> Response:
    """Only accounts can be made, and only where the BMC has no fixed slots for them."""
    accounts = [bmc.resource(member) or {} for member in bmc.members(path)]
    names = [account.get("UserName") for account in accounts]
    if path != bmc.link("AccountService", "Accounts") or not all(names):
        return _not_allowed("POST", path)
    name, password = body.get("UserName"), body.get("Password")
    if not (isinstance(name, str) and name and isinstance(password, str) and password):
        return refusal(400, "PropertyMissing", "UserName and Password are needed.")
    if name in names:
        return refusal(409, "ResourceAlreadyExists", f"There is an account {name}.")
    number = 1
    while bmc.resource(f"{path}/{number}") is not None:
        number += 1
    account = {
        "@odata.type": "#ManagerAccount.v1_8_0.ManagerAccount",
        "Id": str(number),
        "Name": "User Account",
        "UserName": name,
        "Password": None,
        "RoleId": body.get("RoleId", "ReadOnly"),
        "Enabled": body.get("Enabled", True) is not False,
        "Locked": False,
    }
    bmc.join(path, f"{path}/{number}", account)
    bmc.auth.changed({}, account, password)
    return Response(201, dump(bmc.resource(f"{path}/{number}")), headers=(("Location", f"{path}/{number}"),))


def _delete(bmc: Bmc, path: str) -> Response:
    resource = bmc.resource(path)
    if resource is None:
        return refusal(404, "ResourceMissingAtURI", f"There is no {path}.")
    parent = path.rsplit("/", 1)[0]
    if parent == bmc.auth.collection:
        return bmc.auth.close_session(parent, path)
    if path in bmc.tasks.paths:
        return bmc.tasks.delete(path)
    if parent == bmc.link("AccountService", "Accounts") and all(
        (bmc.resource(member) or {}).get("UserName") for member in bmc.members(parent)
    ):
        bmc.auth.changed(resource, {}, None)
        bmc.leave(parent, path)
        return Response(204)
    return _not_allowed("DELETE", path)


def _not_allowed(method: str, path: str) -> Response:
    return refusal(405, "OperationNotAllowed", f"{method} is not allowed at {path}.", {"Allow": "GET, HEAD"})


def _control(bmc: Bmc, request: Request) -> Response:
    """For benchmarks and tests, no part of Redfish: GET and DELETE /.lab/statistics, GET /.lab/machines, /.lab/bmc."""
    if request.path == f"{CONTROL}/nudge" and bmc.machine is not None:
        bmc.machine.nudge()
        return Response(204)
    if request.path == f"{CONTROL}/machines":
        return Response(200, dump(bmc.statistics.machines()))
    if request.path == f"{CONTROL}/statistics":
        told = json.dumps(bmc.statistics.to_json()).encode()
        if request.method == "DELETE":
            bmc.statistics.reset()
        return Response(200, told)
    if request.path == f"{CONTROL}/bmc":
        faults = [fault.name for fault in bmc.faults]
        told = dump({"index": bmc.index, "address": bmc.address, "faults": faults, "sessions": len(bmc.auth.sessions)})
        return Response(200, told)
    return Response(404)
