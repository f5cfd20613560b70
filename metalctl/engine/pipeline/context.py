"""What one tick of one stage sees and may do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from metalctl import bmc
from metalctl.engine.durability import pins
from metalctl.engine.errors import RemoteError
from metalctl.engine.pipeline import again
from metalctl.engine.pipeline.services import Services
from metalctl.engine.reach import access
from metalctl.engine.reach.remote import Remote
from metalctl.model.inventory import Inventory
from metalctl.model.profile import Profile
from metalctl.store import audit, boots, enrollments, epochs, evidence, records
from metalctl.store.database import lock
from metalctl.store.enrollments import Enrollment
from metalctl.store.marks import Mark
from metalctl.store.nodes import Node
from metalctl.store.records import StageRow

_ALONE = threading.Lock()


class Context:
    """One tick. memo: the stage's own small notes, kept between ticks and across a crash; JSON values only.

    elapsed: seconds for which the stage was worked on, by a clock that nobody sets: without the time in which the
    service was down or the node waited for its turn.
    """

    def __init__(
        self,
        services: Services,
        enrollment: Enrollment,
        node: Node,
        row: StageRow,
        marks: dict[str, Mark] | None = None,
    ) -> None:
        self.services = services
        self.enrollment = enrollment
        self.node = node
        self.stage = row.record.stage
        self.memo = row.memo
        self.marks = marks or {}
        self._row = row
        self._profile: Profile | None = None
        # A tick asks for these again and again; decoding an inventory is most of what a tick of a waiting node costs.
        self._options: dict[str, Any] | None = None
        self._inventories: dict[str, Inventory] = {}

    @property
    def elapsed(self) -> float:
        """Seconds of work on the stage so far."""
        return self._row.elapsed

    def waited(self, what: str) -> float:
        """Seconds since this was first asked, in which the node waited for others; see pipeline.patience."""
        return self.services.patience.waited(self.enrollment.id, what, self.memo)

    def wait_over(self, what: str) -> None:
        """That wait has ended."""
        self.services.patience.over(self.enrollment.id, what, self.memo)

    @property
    def profile(self) -> Profile:
        """The profile as it was when the node was queued."""
        if self._profile is None:
            with self.services.database.connect() as connection:
                self._profile = pins.profile(connection, self.enrollment)
        return self._profile

    @property
    def bundle(self) -> tuple[str, bytes]:
        """The runner and the checks as they were when the node was queued: name, tar.gz."""
        with self.services.database.connect() as connection:
            return pins.runner(connection, self.enrollment)

    @property
    def options(self) -> dict[str, Any]:
        """What the batch was asked: level, allow_erase, full_read."""
        if self._options is None:
            with self.services.database.connect() as connection:
                self._options = enrollments.batch_options(connection, self.enrollment.batch)
        return self._options

    @contextmanager
    def store(self) -> Iterator[Connection]:
        """One transaction."""
        with self.services.database.begin() as connection:
            yield connection

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """One transaction that nobody else writes beside: what is written depends on what is read.

        Of this process one thread waits for that at a time, and the others hold no connection meanwhile: a hundred that
        wait with one each would keep all others from the database.
        """
        with _ALONE, self.store() as connection:
            lock(connection)
            yield connection

    @contextmanager
    def open_bmc(self) -> Iterator[bmc.Bmc]:
        """A session with the BMC, logged out at the end."""
        with self.services.open_bmc(self.node) as session:
            yield session

    def save_memo(self) -> None:
        """Write the memo now: before an act that must not be forgotten if we die right after it."""
        with self.store() as connection:
            records.save_stage(connection, self.enrollment.id, self._row)

    def fence(self) -> None:
        """Before an act on a node or a BMC: raises Fenced when another service has taken over since we began."""
        with self.store() as connection:
            epochs.check(connection, self.services.name, self.services.epoch)

    def audit(self, action: str, **detail: Any) -> None:
        """One line in the audit trail."""
        with self.store() as connection:
            audit.record(connection, self.node.name, action, enrollment=self.enrollment.id, **detail)

    def boot(self, kind: str) -> boots.Boot | None:
        """The newest system of this enrollment that phoned home as `kind`, since it was last told to try again."""
        after = again.fresh_from(self.options, self.enrollment.id).boots
        with self.store() as connection:
            return boots.last_boot(connection, self.enrollment.id, kind, after=after)

    def rebooted(self, boot: boots.Boot) -> str:
        """What the boot network saw of the node since that boot called: it boots and nobody ordered it."""
        with self.store() as connection:
            newest = boots.newest_sighting(connection, list(boot.report.macs))
        return newest[1] if newest and newest[0] > boot.sighting and newest[1].startswith("boot script") else ""

    def remote(self, kind: str) -> Remote:
        """SSH to the system that phoned home as `kind`."""
        boot = self.boot(kind)
        if boot is None:
            raise RemoteError(f"no {kind} system of {self.node.name} phoned home")
        key = access.client_key(self.services.settings.state, self.enrollment.id)
        host_keys = boot.report.ssh_host_keys
        held = self.services.connections
        return held.get(self.enrollment.id, boot.boot_id, lambda: Remote(boot.address, host_keys, key))

    def inventory(self, kind: str) -> Inventory | None:
        """The newest inventory since the last retry; kind: "out-of-band", "in-band", "installed"."""
        if kind not in self._inventories:
            after = again.fresh_from(self.options, self.enrollment.id, kind).inventories
            with self.store() as connection:
                found = evidence.inventory(connection, self.enrollment.id, kind, after=after)
            if found is None:
                return None
            self._inventories[kind] = found
        return self._inventories[kind]

    def keep_inventory(self, kind: str, inventory: Inventory) -> None:
        """Evidence of this enrollment from now on."""
        with self.store() as connection:
            evidence.add_inventory(connection, self.node.name, self.enrollment.id, kind, inventory)
        self._inventories[kind] = inventory

    def require_inventory(self, kind: str) -> Inventory:
        """The same; RemoteError when it was not taken."""
        found = self.inventory(kind)
        if found is None:
            raise RemoteError(f"no {kind} inventory of {self.node.name}", hint="an earlier stage should have taken it")
        return found
