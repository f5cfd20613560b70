"""What changes something on a Redfish BMC, through sushy: it knows which BMC wants which ETag and settings resource.

sushy's connection is pinned to the same certificate, ignores proxies, and does not retry on its own: its default
turns one HTTP 500 into half a minute, and a repeated POST into a second reset.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests.adapters
import sushy
from sushy import auth, connector, exceptions

from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BadAnswer, BmcError, Busy, Unreachable, Unsupported

RETRIES = 1
_RESETS = {
    "on": (sushy.ResetType.ON, sushy.ResetType.FORCE_ON),
    "off": (sushy.ResetType.FORCE_OFF,),
    "reset": (sushy.ResetType.FORCE_RESTART,),
}
_SOURCES = {"pxe": sushy.BootSource.PXE, "disk": sushy.BootSource.HDD}
_MODES = {"uefi": sushy.BootSourceOverrideMode.UEFI, "bios": sushy.BootSourceOverrideMode.LEGACY}
_BUSY = frozenset({409, 412, 423, 429, 500, 502, 503, 504})


class _Pinned(requests.adapters.HTTPAdapter):
    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
        return super().init_poolmanager(*args, assert_fingerprint=self._fingerprint, **kwargs)


class _Connector(connector.Connector):  # type: ignore[misc]
    def __init__(self, endpoint: Endpoint, timeout: float) -> None:
        super().__init__(
            endpoint.origin,
            verify=False,  # the fingerprint is what is checked
            server_side_retries=RETRIES,
            server_side_retries_delay=1,
            default_request_timeout=timeout,
        )
        self._session.trust_env = False
        self._session.max_redirects = 0
        self._session.mount("https://", _Pinned(endpoint.fingerprint))


def reset(endpoint: Endpoint, credential: Credential, system_path: str, action: str, timeout: float) -> None:
    """Send the command that switches "on", "off" or does a "reset"."""
    with _system(endpoint, credential, system_path, timeout) as system:
        allowed = system.get_allowed_reset_system_values()
        chosen = next((kind for kind in _RESETS[action] if kind in allowed), None)
        if chosen is None:
            names = ", ".join(sorted(kind.value for kind in allowed))
            raise Unsupported(f"{endpoint} cannot do {action!r}", hint=f"it offers: {names}", bmc=str(endpoint))
        system.reset_system(chosen)


def set_boot(
    endpoint: Endpoint,
    credential: Credential,
    system_path: str,
    device: str,
    mode: str | None,
    persistent: bool,
    timeout: float,
) -> None:
    """Ask for the boot device ("pxe", "disk"), and for the mode unless it is None."""
    lasting = sushy.BootSourceOverrideEnabled
    with _system(endpoint, credential, system_path, timeout) as system:
        system.set_system_boot_options(
            target=_SOURCES[device],
            enabled=lasting.CONTINUOUS if persistent else lasting.ONCE,
            mode=_MODES[mode] if mode else None,
        )


@contextmanager
def _system(endpoint: Endpoint, credential: Credential, path: str, timeout: float) -> Iterator[Any]:
    link = _Connector(endpoint, timeout)
    try:
        root = sushy.Sushy(
            endpoint.origin,
            auth=auth.BasicAuth(credential.username, credential.password),
            connector=link,
            server_side_retries=RETRIES,
        )
        yield root.get_system(path)
    except exceptions.SushyError as error:
        raise _translated(endpoint, error) from None
    except (ValueError, TypeError, AttributeError) as error:
        # sushy lets the errors of JSON that is none, or has another shape, through.
        raise BadAnswer(
            f"{endpoint} answers what cannot be read: {error}", hint="a reset of the BMC may mend it", bmc=str(endpoint)
        ) from None
    finally:
        link.close()


def _translated(endpoint: Endpoint, error: exceptions.SushyError) -> BmcError:
    name, said = str(endpoint), " ".join(str(error).split())[:300]
    status = getattr(error, "status_code", None)
    if isinstance(error, exceptions.ConnectionError):
        return Unreachable(f"{name} broke off: {said}", hint="is the BMC up, and the network?", bmc=name)
    if status in _BUSY:
        return Busy(f"{name} is not ready: {said}", hint="try again in a minute", bmc=name, status=status)
    if status in (401, 403):
        return BadAnswer(
            f"{name}: not permitted: {said}", hint="give the account the role Operator", bmc=name, status=status
        )
    return Unsupported(f"{name} refuses: {said}", hint="see the BMC's log; its firmware may be too old", bmc=name)
