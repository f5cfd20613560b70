"""One system behind a Redfish BMC.

Order at connect: fetch the certificate, compare it with the recorded one, read the service root without credential,
and only then log in, once, by reading the list of systems. Basic authentication: no session is left behind on BMCs
that have few.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar

from metalctl.bmc import lockout
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BmcError, BootNotSet, Unsupported
from metalctl.bmc.power import Switch, set_power
from metalctl.bmc.protocol import Probe
from metalctl.bmc.quirks import Quirks, quirks_of
from metalctl.bmc.redfish import root, systems
from metalctl.bmc.redfish.expand import advertised
from metalctl.bmc.redfish.http import Client, Resource
from metalctl.bmc.redfish.inventory import Walk, power_state, start
from metalctl.bmc.redfish.read import Reader
from metalctl.bmc.redfish.values import child, link, text
from metalctl.bmc.tls import check_fingerprint, fetch_fingerprint
from metalctl.model.finding import Finding
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory

T = TypeVar("T")
_DEVICES = {"Pxe": "pxe", "Hdd": "disk", "None": "none"}
_MODES = {"UEFI": "uefi", "Legacy": "bios"}
BOOT_SETTLES = 10.0
# Seconds that an inventory may take; what was not read by then is told as not read.
DEADLINE = 240.0


async def probe(endpoint: Endpoint, timeout: float) -> Probe:
    """What answers there, without a credential; raises Unreachable, NotABmc or CertificateChanged."""
    client, service = await _verified(endpoint, timeout)
    await client.close()
    return Probe(client.endpoint, "redfish", root.product(service), text(service, "UUID"), client.endpoint.fingerprint)


async def _verified(endpoint: Endpoint, timeout: float) -> tuple[Client, Resource]:
    got = await fetch_fingerprint(endpoint, timeout)
    check_fingerprint(endpoint, got)
    client = Client(replace(endpoint, fingerprint=got), timeout)
    try:
        return client, await root.read_root(client)
    except BaseException:
        await client.close()
        raise


class RedfishBmc:
    """Made by `connect`; see protocol.Bmc. findings: what the BMC was refused for in the last inventory."""

    def __init__(self, endpoint: Endpoint, credential: Credential, timeout: float = 30.0) -> None:
        lockout.check(endpoint, credential)
        self._credential = credential
        self._timeout = timeout
        self._client: Client | None = None
        self._lies: frozenset[str] = frozenset()
        self.findings: tuple[Finding, ...] = ()
        self._runner = asyncio.Runner()
        try:
            self._runner.run(self._connect(endpoint))
        except BaseException:
            self.close()
            raise

    async def _connect(self, endpoint: Endpoint) -> None:
        client, self._root = await _verified(endpoint, self._timeout)
        self._client, self.endpoint = client, client.endpoint
        collection = await client.login(self._credential, self._root, link(self._root, "Systems"))
        self._path = systems.choose_system(endpoint, collection)
        self._alone = len(systems.member_paths(collection)) == 1

    def identity(self) -> Identity:
        """See protocol.Bmc."""
        return self._run(self._walked(Walk.identity, expand=False))

    def inventory(self) -> Inventory:
        """See protocol.Bmc."""
        return self._run(self._walked(Walk.inventory))

    def power(self) -> str:
        """See protocol.Bmc."""
        state = power_state(self._system())
        if not state:
            raise Unsupported(
                f"{self.endpoint} does not state the power state", hint="try it over IPMI", bmc=str(self.endpoint)
            )
        return state

    def set_power(self, wanted: str, timeout: float = 120) -> None:
        """See protocol.Bmc."""
        set_power(Switch(str(self.endpoint), self.power, self._reset), wanted, timeout)

    def boot(self) -> str:
        """See protocol.Bmc."""
        return _boot(self._system())[0]

    def set_boot(self, device: str, mode: str | None = None, persistent: bool = False) -> None:
        """See protocol.Bmc. A BMC that knows only lasting overrides is not refused when a single one was asked."""
        from metalctl.bmc.redfish import actions

        if device not in ("pxe", "disk") or mode not in ("uefi", "bios", None):
            raise Unsupported(f"no boot device {device!r} in mode {mode!r}", hint="use pxe or disk, uefi or bios")
        before = _boot(self._system())
        if _is_set(before, device, mode, persistent, exact=True):
            return
        # Some firmware takes writing the same mode again as a change of its boot order: leave it out.
        changed = mode if mode and before[1] != mode else None
        actions.set_boot(self.endpoint, self._credential, self._path, device, changed, persistent, self._timeout)
        deadline = time.monotonic() + BOOT_SETTLES
        while not _is_set(got := _boot(self._system()), device, mode, persistent):
            if time.monotonic() > deadline:
                raise self._boot_not_set((device, mode or got[1], "Continuous" if persistent else "Once"), got)
            time.sleep(1.0)

    def close(self) -> None:
        """Close the connections. Nothing is left on the BMC."""
        if self._client is not None:
            client, self._client = self._client, None
            self._runner.run(client.close())
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._client is None:
            work.close()
            raise BmcError(f"the connection to {self.endpoint} is closed", hint="connect again")
        return self._runner.run(work)

    async def _get(self, path: str) -> Resource:
        assert self._client  # _run made sure
        return await self._client.get(path)

    def _system(self) -> Resource:
        return self._run(self._get(self._path))

    async def _walked(self, read: Callable[[Walk], Coroutine[Any, Any, T]], expand: bool = True) -> T:
        assert self._client  # _run made sure
        self._client.deadline = asyncio.get_running_loop().time() + DEADLINE
        try:
            reader = Reader(self._client, advertised(self._root, self._lies))
            walk = await start(reader, self._root, self._path, quirks_of, self._alone, expand)
            found = await read(walk)
        finally:
            self._client.deadline = self._client.gate = None
        self._lies, self.findings = frozenset(reader.expand.lies), walk.findings()
        return found

    def quirks(self, system: Resource) -> Quirks:
        """The quirks that the catalogue has for this BMC."""
        return quirks_of(root=self._root, system=system)

    def _reset(self, action: str) -> None:
        from metalctl.bmc.redfish import actions

        actions.reset(self.endpoint, self._credential, self._path, action, self._timeout)

    def _boot_not_set(self, wanted: tuple[str, ...], got: tuple[str, ...]) -> BootNotSet:
        return BootNotSet(
            f"{self.endpoint}: the boot device should be {' '.join(wanted)}, but reads {' '.join(got)}",
            hint="a BMC may refuse it during POST: wait, or power the machine off first",
            bmc=str(self.endpoint),
            wanted=wanted,
            got=got,
        )


def _boot(system: Resource) -> tuple[str, str, str]:
    """Device ("none" when the override is disabled), mode, and how long: "Once", "Continuous", "Disabled"."""
    boot = child(system, "Boot")
    lasting, target = text(boot, "BootSourceOverrideEnabled"), text(boot, "BootSourceOverrideTarget") or "None"
    device = "none" if lasting == "Disabled" else _DEVICES.get(target, target.lower())
    return device, _MODES.get(text(boot, "BootSourceOverrideMode"), ""), lasting


def _is_set(read: tuple[str, str, str], device: str, mode: str | None, persistent: bool, exact: bool = False) -> bool:
    lasting = {"Continuous"} if persistent else {"Once"} if exact else {"Once", "Continuous"}
    return read[0] == device and mode in (None, read[1]) and read[2] in lasting
