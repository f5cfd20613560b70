"""One resource as the BMC gives it, through DMTF's own client (the library `redfish`): for a look, and for conformance.

    get(endpoint, Credential("admin", secret), "/redfish/v1/Chassis")

The endpoint is verified as for everything else before DMTF's client is made; that client then speaks over an adapter of
ours, which holds every connection to the certificate just verified, sends nothing to another host, follows no redirect
and cuts an answer off by size and by time (docs/decisions/0014-raw-access.md).
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import redfish
from redfish.rest.v1 import RetriesExhaustedError, SessionCreationError
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException, SSLError

from metalctl.bmc import lockout
from metalctl.bmc.connect import probe
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BadAnswer, BadTarget, BmcError, Refused, Unreachable, Unsupported
from metalctl.bmc.redfish import refusals
from metalctl.bmc.redfish.body import FIRMWARE
from metalctl.bmc.redfish.values import link
from metalctl.bmc.tls import certificate_changed

ROOT = "/redfish/v1"
LARGEST = 4 * 2**20
GOODBYE = 5.0  # seconds that logging out may take beyond the deadline
_CHUNK = 65536
_ODD = re.compile(r"[\x00-\x20\x7f\\#]")
# At its lowest level the library writes tokens into its log.
logging.getLogger("redfish").setLevel(logging.WARNING)


def get(
    endpoint: Endpoint, credential: Credential, path: str, timeout: float = 30.0, deadline: float = 60.0
) -> dict[str, Any]:
    """The resource at `path`, below the service root. timeout: seconds without a byte; deadline: for all of it.

    Raises BadTarget (not such a path; nothing was sent), what `probe` raises (no credential was sent), WrongPassword,
    Missing, Busy, BadAnswer, Refused, Unreachable.
    """
    path = checked(path)
    if endpoint.protocol != "redfish":
        raise Unsupported(f"{endpoint} has no resources", hint="use its https:// address", bmc=str(endpoint))
    lockout.check(endpoint, credential)
    until = time.monotonic() + deadline
    verified = probe(endpoint, min(timeout, deadline)).endpoint
    adapter = _Guarded(verified, timeout, until)
    with _translated(verified), _client(adapter, verified, credential) as client:
        try:
            _log_in(client, adapter, verified, credential)
            answer = client.get(path)
        finally:
            adapter.until = max(until, time.monotonic() + GOODBYE)
            _log_out(client)
    return _resource(verified, path, answer)


def checked(path: str) -> str:
    """The path when it is one below the service root, else BadTarget. A query may follow."""
    plain = unquote(unquote(path.partition("?")[0]))
    below = plain == ROOT or plain.startswith(f"{ROOT}/")
    if not below or _ODD.search(path) or _ODD.search(plain) or "//" in plain or {".", ".."} & set(plain.split("/")):
        raise BadTarget(f"{path[:80]!r} is no path below {ROOT}", hint=f"write it like {ROOT}/Systems")
    return path


class _Guarded(HTTPAdapter):
    """What carries the library's requests; see above. until: monotonic time of the end. status, said: of the last
    answer, and the ids of its messages.
    """

    def __init__(self, endpoint: Endpoint, timeout: float, until: float) -> None:
        self._endpoint, self._timeout, self.until = endpoint, timeout, until
        self.status = 0
        self.said: tuple[str, ...] = ()
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """See HTTPAdapter. The fingerprint is compared after the handshake, before a request is sent."""
        super().init_poolmanager(*args, **kwargs, assert_fingerprint=self._endpoint.fingerprint, assert_hostname=False)

    def send(self, request: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """See HTTPAdapter; raises BmcError."""
        refusals.on_this_bmc(self._endpoint, "/", request.url)
        # A connection of its own for each request: some BMCs choke on long-lived ones. Nothing is to be decompressed.
        request.headers.update({"Accept-Encoding": "identity", "Connection": "close"})
        left = self.until - time.monotonic()
        if left <= 0:
            raise self._late()
        kwargs |= {"stream": True, "timeout": min(left, self._timeout), "proxies": None}
        response = super().send(request, **kwargs)
        self.status = response.status_code
        response._content = self._body(response)
        self.said = refusals.message_ids(response._content) if self.status >= 400 else ()
        response._content_consumed = True
        if response.is_redirect:
            refusals.on_this_bmc(self._endpoint, request.path_url, response.headers["Location"])
            raise BadAnswer(
                f"{self._endpoint} redirects {request.path_url} to {response.headers['Location'][:200]!r}",
                hint="ask for that path",
                bmc=str(self._endpoint),
            )
        return response

    def _body(self, response: Any) -> bytes:
        found = b""
        with contextlib.closing(response):
            while chunk := response.raw.read1(_CHUNK, decode_content=False):
                found += chunk
                if len(found) > LARGEST:
                    raise Refused(
                        f"{self._endpoint}: the answer is larger than {LARGEST >> 20} MiB; it was cut off",
                        hint=FIRMWARE,
                        bmc=str(self._endpoint),
                    )
                if time.monotonic() > self.until:
                    raise self._late()
        return found

    def _late(self) -> Unreachable:
        return Unreachable(f"{self._endpoint} was not done in time", hint="give it more time", bmc=str(self._endpoint))


@contextmanager
def _client(adapter: _Guarded, endpoint: Endpoint, credential: Credential) -> Iterator[Any]:
    """DMTF's client, which has read the service root and is not logged in yet."""
    with contextlib.closing(adapter), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of what BMCs do, on standard error
        client = redfish.redfish_client(
            base_url=endpoint.origin,
            username=credential.username,
            password=credential.password,
            # A login is sent once: by default the library would send it eleven times.
            max_retry=0,
            check_connectivity=False,
            https_adapter=adapter,
        )
        client._session.trust_env = False  # else a login of ~/.netrc goes out, and a proxy is asked
        client.get_root_object()
        yield client


def _log_in(client: Any, adapter: _Guarded, endpoint: Endpoint, credential: Credential) -> None:
    """A session, or Basic authentication where the BMC opens none for a reason that is not the credential."""
    root = client.root_resp.dict
    try:
        # Where none are offered a POST may be refused with 401, whatever the credential.
        if sessions := link(root, "Links", "Sessions"):
            client.login_url = sessions
            with contextlib.suppress(SessionCreationError):
                client.login(auth="session")
            if refusals.is_about_login(adapter.said):
                raise lockout.refused(endpoint, credential, f"HTTP {adapter.status}")
        if not client.get_session_key():
            client.login_url = link(root, "Systems")
            client.login(auth="basic")
    except Exception:
        if adapter.status != 401:
            raise
        raise lockout.refused(endpoint, credential, "HTTP 401") from None


def _log_out(client: Any) -> None:
    """Twice where the first is refused: some BMCs answer 401 for no reason, and have few sessions to lose."""
    for _ in range(2):
        with contextlib.suppress(Exception):
            client.logout()
            return


def _resource(endpoint: Endpoint, path: str, answer: Any) -> dict[str, Any]:
    if answer.status != 200:
        raise refusals.of_status(endpoint, path, answer.status)
    try:
        found = json.loads(answer.read)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadAnswer(f"{endpoint}: {path} is not a JSON object", hint="it may be a file, or a fault of its firmware")
    return found


@contextmanager
def _translated(endpoint: Endpoint) -> Iterator[None]:
    """The library's errors as ours; ours, which it hides behind its own, as they were."""
    try:
        yield
    except RetriesExhaustedError as error:
        cause = error.__cause__
        if isinstance(cause, BmcError):
            raise cause from None
        if isinstance(cause, SSLError):
            raise certificate_changed(endpoint, endpoint.fingerprint, "another") from None
        raise _unreachable(endpoint, cause or error) from None
    except BmcError:
        raise
    except (RequestException, OSError) as error:
        raise _unreachable(endpoint, error) from None
    except Exception as error:  # noqa: BLE001  the library lets errors of JSON of another shape through
        raise BadAnswer(
            f"{endpoint} answers what DMTF's client cannot read ({type(error).__name__})", hint=FIRMWARE
        ) from None


def _unreachable(endpoint: Endpoint, error: BaseException) -> Unreachable:
    said = re.sub(r"\s+", " ", str(error))[:200] or type(error).__name__
    return Unreachable(f"{endpoint} broke off: {said}", hint="is the BMC up, and the management network?")
