"""A capture of a BMC: its whole Redfish tree as it answers, without secrets, for tests and for reports of faults.

    NAME/redfish/v1/**/index.json           one file a resource, the layout that `metalctl bmc replay` serves
    NAME/capture.json                       when, by what, the Allow headers, and what was left out and why

Only GETs are sent, by the connection that is logged in already. Schemas, registries and sessions are left out.
"""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from metalctl.bmc.capture.scrub import Pseudonyms, without_secrets
from metalctl.bmc.errors import BadCapture, BmcError

ROOT = "/redfish/v1"
MOST = 20_000
WORKERS = 4
PAGES = 100
_LEFT_OUT = ("JsonSchemas", "$metadata", "Registries", "odata", "SessionService/Sessions/")
_LARGEST_FILE = 16 * 2**20
_LARGEST = 512 * 2**20


class Response(Protocol):
    """What a GET gives."""

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def body(self) -> bytes: ...


@dataclass(slots=True)
class Capture:
    """tree: path → resource. allow: path → the Allow header. left_out: path → why."""

    tree: dict[str, Any] = field(default_factory=dict)
    allow: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def scrubbed(self, serials: bool) -> Capture:
        """The same without passwords, tokens, keys, certificates and licences; serials: and with made-up serials."""
        tree = {path: without_secrets(resource) for path, resource in self.tree.items()}
        if not serials:
            return Capture(tree, dict(self.allow), dict(self.left_out))
        names = Pseudonyms(tree.values())
        replaced = {names.text(path): names.of(resource) for path, resource in tree.items()}
        allow = {names.text(path): value for path, value in self.allow.items()}
        return Capture(replaced, allow, {names.text(path): names.text(why) for path, why in self.left_out.items()})


async def crawl(
    get: Callable[[str], Awaitable[Response]], most: int = MOST, told: Callable[[int], None] = lambda count: None
) -> Capture:
    """Everything that is linked from the service root, four requests at a time. What fails is left out, with why."""
    found = Capture()
    seen = {ROOT}
    todo = [ROOT]
    room = asyncio.Semaphore(WORKERS)

    async def taken(path: str) -> list[str]:
        async with room:
            linked = await _take(get, path, found)
        told(len(found.tree))
        return linked

    while todo:
        linked = [link for some in await asyncio.gather(*map(taken, todo)) for link in some]
        todo = [link for link in dict.fromkeys(linked) if link not in seen][: most - len(seen)]
        seen.update(todo)
    if ROOT not in found.tree:
        raise BadCapture(
            f"the service root cannot be read: {found.left_out.get(ROOT, '')}", hint="check that the BMC is powered"
        )
    if len(seen) >= most:
        found.left_out["…"] = f"more than {most} resources: the rest was not read"
    return found


async def _take(get: Callable[[str], Awaitable[Response]], path: str, found: Capture) -> list[str]:
    try:
        answer = await get(path if path != ROOT else f"{ROOT}/")
        resource = await _whole(get, json.loads(answer.body))
    except BmcError as error:
        found.left_out[path] = error.message
        return []
    except (ValueError, RecursionError):
        found.left_out[path] = "it is not JSON"
        return []
    found.tree[path] = resource
    if allow := answer.headers.get("Allow"):
        found.allow[path] = allow
    return [link for link in links(resource) if not link.removeprefix(f"{ROOT}/").startswith(_LEFT_OUT)]


async def _whole(get: Callable[[str], Awaitable[Response]], resource: Any) -> Any:
    """A collection with the members of its further pages, so that it can be served as one."""
    for _ in range(PAGES):
        more = resource.get("Members@odata.nextLink") if isinstance(resource, dict) else None
        if not isinstance(more, str) or not _is_here(urlsplit(more).path):
            break
        page = json.loads((await get(more)).body)
        members = [*resource.get("Members", ()), *(page.get("Members", ()) if isinstance(page, dict) else ())]
        rest = page.get("Members@odata.nextLink") if isinstance(page, dict) else None
        resource = {**resource, "Members": members, "Members@odata.nextLink": rest}
    if isinstance(resource, dict):
        resource.pop("Members@odata.nextLink", None)
    return resource


def links(value: Any) -> list[str]:
    """Every path that a resource links to, without fragments, in order."""
    found: dict[str, None] = {}
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            target = one.get("@odata.id")
            if isinstance(target, str) and _is_here(path := urlsplit(target).path.rstrip("/")):
                found[path] = None
            todo.extend(one.values())
        elif isinstance(one, list):
            todo.extend(one)
    return list(found)


def _is_here(path: str) -> bool:
    return path.startswith(f"{ROOT}/") and ".." not in unquote(path).split("/")


def save(capture: Capture, file: Path, name: str) -> None:
    """Write the archive, which must not be there yet. Raises BadCapture."""
    about = {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "resources": len(capture.tree),
        "allow": capture.allow,
        "left_out": capture.left_out,
    }
    try:
        with file.open("xb") as stream, tarfile.open(fileobj=stream, mode="w:gz") as archive:
            _add(archive, f"{name}/capture.json", about)
            for path, resource in sorted(capture.tree.items()):
                _add(archive, f"{name}{path}/index.json", resource)
    except OSError as error:
        raise BadCapture(f"{file} cannot be written: {error.strerror}", hint="name another file") from None


def _add(archive: tarfile.TarFile, name: str, value: Any) -> None:
    data = json.dumps(value, indent=1, ensure_ascii=False).encode()
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o644
    archive.addfile(member, io.BytesIO(data))


def load(file: Path) -> Capture:
    """The capture in an archive or a folder; nothing is unpacked to disk. Raises BadCapture."""
    try:
        found = _of_folder(file) if file.is_dir() else _of_archive(file)
    except (OSError, tarfile.TarError, ValueError, EOFError, RecursionError) as error:
        raise BadCapture(f"{file} is not a capture: {error}", hint="make one with metalctl bmc record") from None
    if ROOT not in found.tree:
        raise BadCapture(f"{file} holds no {ROOT}/index.json", hint="make one with metalctl bmc record")
    return found


def _of_folder(folder: Path) -> Capture:
    found = Capture()
    for file in folder.rglob("index.json"):
        _put(found, str(file.relative_to(folder)), file.read_bytes())
    return found


def _of_archive(file: Path) -> Capture:
    found, total = Capture(), 0
    with tarfile.open(file, "r:gz") as archive:
        for member in archive:
            if not member.isfile() or not member.name.endswith((".json",)):
                continue
            total += member.size
            if member.size > _LARGEST_FILE or total > _LARGEST:
                raise ValueError("it is larger than any BMC's tree")
            stream = archive.extractfile(member)
            _put(found, member.name, stream.read() if stream else b"")
    return found


def _put(found: Capture, name: str, data: bytes) -> None:
    _, marker, after = f"/{name}".partition("/redfish/v1/")
    if marker and after.endswith("index.json"):
        path = f"{ROOT}/{after.removesuffix('index.json')}".rstrip("/")
        found.tree[path] = json.loads(data)
    elif name.endswith("capture.json"):
        about = json.loads(data)
        found.allow |= about.get("allow", {})
        found.left_out |= about.get("left_out", {})
