"""One simulated machine behind a simulated BMC: power, boot, phone-home, and disks that remember what was installed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from metalctl.lab.bmc.bmc import Bmc
from metalctl.lab.fleet.machines import http, script, ssh
from metalctl.lab.fleet.machines.body import Body, SimDisk
from metalctl.lab.fleet.machines.settings import MachineSettings
from metalctl.lab.fleet.machines.system import AUTHORIZED, System, phone_home_of

_NETWORK = ("Pxe", "UefiHttp")
_SLOWEST = 60.0
_ASKS = 60
_ASK_PAUSE = 3.0


class Machine(Body):
    """bmc.Plugged: told when the power comes and goes."""

    def __init__(self, bmc: Bmc, address: str, settings: MachineSettings, counts: Counter[str]) -> None:
        super().__init__(bmc, address, settings, counts)
        self.system: System | None = None
        self.state = "off"
        self._work: asyncio.Task[None] | None = None

    def power_on(self, target: str) -> None:
        """Boot; target: what the BMC's boot override says, "None" without one."""
        self.power_off()
        self.counts["boots"] += 1
        self._work = asyncio.get_running_loop().create_task(_logged(self._boot(target)))

    def nudge(self) -> None:
        """The check that runs ends now, and the journal grows."""
        self.nudged.set()

    def power_off(self) -> None:
        if self._work is not None:
            self._work.cancel()
            self._work = None
        if self.system is not None:
            self.system.units.kill()
            self.system = None
        self.state = "off"

    async def _boot(self, target: str) -> None:
        installed = next((d for d in self.disks if d.run), None)
        if target in _NETWORK or installed is None:
            self.state = "firmware"
            await asyncio.sleep(self.spread(self.settings.firmware))
            orders = await self._orders()
            if orders.action == "ramdisk":
                self.state = "booting the ramdisk"
                await asyncio.sleep(self.spread(self.settings.ramdisk))
                await self._up(System(self, "ramdisk"), {"url": orders.url, "token": orders.token, "node": orders.node})
                return
        self.state = "booting from disk"
        await asyncio.sleep(self.spread(self.settings.disk))
        if installed is None:
            self.state = "no bootable disk"
            return
        await self._up(System(self, "installed"), phone_home_of(installed.seed), installed)

    async def _orders(self) -> script.Orders:
        """Ask until there is an answer that is not to wait."""
        system = self.bmc.resource(self.bmc.systems()[0]) or {}
        macs = [nic.mac for nic in System(self, "").inventory().nics[:2]]
        words = "&".join(f"mac={mac}" for mac in [macs[0], *macs])
        url = f"{self.settings.boot_url}/ipxe?{words}&uuid={system['UUID'].lower()}&platform=efi&arch=x86_64"
        for _ in range(_ASKS):
            try:
                _, text = await http.ask(url, self.address)
            except (OSError, TimeoutError, ValueError, IndexError):
                await asyncio.sleep(_ASK_PAUSE)
                continue
            orders = script.read(text.decode())
            if orders.action != "wait":
                return orders
            await asyncio.sleep(orders.pause)
            url = orders.again
        return script.Orders("disk")

    async def _up(self, system: System, wanted: dict[str, str], disk: SimDisk | None = None) -> None:
        """The SSH end first, then the call, as often as it takes; then it stays until the power goes."""
        key = ssh.new_key()
        if disk is not None:
            system.files.put(AUTHORIZED, disk.authorized)
        acceptor = await ssh.listen(system, self.address, self.settings.ssh_port, key)
        try:
            self.system, self.state = system, f"{system.kind}, not heard yet"
            if wanted:
                await self._call(system, wanted, ssh.public_line(key), disk)
            self.state = system.kind
            await asyncio.Event().wait()
        finally:
            acceptor.close()
            if disk is not None:
                disk.authorized = system.files.read(AUTHORIZED)

    async def _call(self, system: System, wanted: dict[str, str], key: str, disk: SimDisk | None) -> None:
        identity, pause = system.inventory().identity, 1.0
        report: dict[str, Any] = {
            "token": wanted["token"], "node": wanted["node"], "kind": system.kind, "boot_id": system.boot_id,
            "uuid": identity.uuid, "serial": identity.serial, "macs": list(identity.macs), "address": self.address,
            "ssh_host_keys": [key],
        }  # fmt: skip
        if disk is not None:
            where = {"name": disk.name, "serial": disk.serial, "wwn": ""}
            report |= {"root_disk_serial": disk.serial, "root_disk": where}
        body = json.dumps(report).encode()
        while (answer := await self._heard(f"{wanted['url']}/phone-home", body)) is None:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _SLOWEST)
        kept = system.files.read(AUTHORIZED).decode().splitlines() if system.files.exists(AUTHORIZED) else []
        keys = dict.fromkeys([*kept, *answer["authorized_keys"]])
        system.files.put(AUTHORIZED, "".join(f"{line}\n" for line in keys).encode())
        if disk is not None:
            # Heard: the spent token is taken off the disk.
            disk.seed = {}

    async def _heard(self, url: str, body: bytes) -> dict[str, Any] | None:
        try:
            status, text = await http.ask(url, self.address, body)
        except (OSError, TimeoutError, ValueError, IndexError):
            self.counts["phone-homes unanswered"] += 1
            return None
        if status != 200:
            self.counts["phone-homes refused"] += 1
            return None
        self.counts["phone-homes"] += 1
        return dict(json.loads(text))


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    """A machine that breaks must not go silently."""
    try:
        await work
    except asyncio.CancelledError:
        return
    except Exception:
        asyncio.get_running_loop().call_exception_handler({"message": "a simulated machine broke"})
        raise
