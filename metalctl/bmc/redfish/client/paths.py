"""Where a BMC may lead us: to paths of its own, and nowhere else. No I/O."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urljoin, urlsplit

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import Astray

_ODD = re.compile(r"[\x00-\x20\x7f\\]")


def target(endpoint: Endpoint, path: str) -> str:
    """The request target of a link: an absolute path, or a whole URL that names this BMC, else Astray."""
    given = path
    if not path.startswith("/") and not _ODD.search(path):
        path = _of_url(endpoint, path)
    path = path.partition("#")[0]
    if not path.startswith("/") or path.startswith("//") or _ODD.search(path) or len(path) > 2048:
        raise _astray(endpoint, f"links to {given[:80]!r}, which is not on it", given, given[:80])
    return path


def _of_url(endpoint: Endpoint, url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts._replace(scheme="", netloc="").geturl() if _same_origin(parts, endpoint.origin) else ""


def of_location(endpoint: Endpoint, path: str, location: str) -> str:
    """The path of a Location header; Astray when it is another host's."""
    parts = urlsplit(urljoin(endpoint.origin + path, location))
    if not _same_origin(parts, endpoint.origin):
        got = f"{parts.scheme}://{parts.netloc}"[:80]
        raise _astray(endpoint, f"redirects {path} to another host", path, got)
    return parts._replace(scheme="", netloc="").geturl()


def _same_origin(url: SplitResult, origin: str) -> bool:
    """Whether a URL is of this scheme, host and port, however these are written."""
    return _origin(url) == _origin(urlsplit(origin))


def _origin(parts: SplitResult) -> tuple[str, str, int | None, str]:
    """Scheme, host, port (443 need not be written), and a user name, which belongs into no link."""
    try:
        port = parts.port or (443 if parts.scheme == "https" else None)
    except ValueError:
        port = -1
    return parts.scheme, (parts.hostname or "").lower(), port, parts.username or ""


def _astray(endpoint: Endpoint, what: str, path: str, got: str) -> Astray:
    name = str(endpoint)
    return Astray(f"{name} {what}", bmc=name, path=path[:80], expected="a path on it", got=got)
