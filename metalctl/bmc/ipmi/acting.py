"""What a technician does with a BMC over IPMI (protocol.Service): locator LED, event log, clock, restart.

Each looks first, does it once, and reads it again; the reading is what counts.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from metalctl.bmc.audit import Change, audited
from metalctl.bmc.errors import BadAnswer, BmcError, NotApplied, Unreachable, Unsupported
from metalctl.bmc.ipmi import ping
from metalctl.bmc.ipmi.client import Worker
from metalctl.bmc.ipmi.ipmitool import Ipmitool
from metalctl.bmc.power import Powered, Switch

CLEARED_WITHIN = 30.0
CLOCK_SLACK = 3.0  # seconds: the clock of an event log has whole ones
BACK_WITHIN = 400.0
DOWN_WITHIN = 15.0  # a BMC that never was silent in this time is taken to be back already


Session = Worker | Ipmitool  # whichever end is logged in


class Acting(Powered):
    """The acting half of IpmiBmc."""

    _session: Session
    _login: Callable[[], Session]

    def power(self) -> str:
        return str(self._session.ask("power"))

    def _switch(self) -> Switch:
        return Switch(
            str(self.endpoint),
            self.power,
            lambda action: self._session.ask("set_power", action=action),
            clock=self.clock,
        )

    def locator(self) -> bool:
        found = self._session.ask("identified")
        if found is None:
            raise Unsupported(
                f"{self.endpoint} does not report the state of its locator LED", hint="look at the machine"
            )
        return bool(found)

    @audited("locator")
    def set_locator(self, on: bool) -> Change:
        """See protocol.Service. IPMI makes telling the state optional: then the change says only that it was asked."""
        before = self._session.ask("identified")
        if before is on:
            return Change(before, before)
        self._session.ask("identify", on=on)
        after = self._session.ask("identified")
        if after is None:
            return Change(
                before, f"asked {'on' if on else 'off'}", note="this BMC does not report the state of its LED"
            )
        return self._applied("the locator LED", on, after, Change(before, after))

    @audited("log-clear")
    def clear_log(self) -> Change:
        """The entry that says "cleared" may stay."""
        before = int(self._session.ask("sel_count"))
        if not before:
            return Change(0, 0)
        self._session.ask("clear_sel")
        after = self.clock.until(lambda: int(self._session.ask("sel_count")), lambda left: left <= 1, CLEARED_WITHIN)
        return self._applied("the number of log entries", 0, after if after > 1 else 0, Change(before, after))

    def clock_ahead(self) -> float:
        return round(float(self._session.ask("clock")) - self.clock.today(), 1)

    @audited("clock")
    def set_clock(self) -> Change:
        before = self.clock_ahead()
        if abs(before) <= CLOCK_SLACK:
            return Change(before, before)
        self._session.ask("set_clock", seconds=round(self.clock.today()))
        after = self.clock_ahead()
        return self._applied("the clock", True, abs(after) <= CLOCK_SLACK, Change(before, after))

    @audited("bmc-reset")
    def reset_bmc(self) -> Change:
        """See protocol.Service. It serves again when it answers, takes a login, and tells the power state."""
        with contextlib.suppress(Unreachable, BadAnswer):  # many are gone before they have answered
            self._session.ask("cold_reset")
        self._session.close()
        begun = self.clock.now()
        while there := self._pings():
            if self.clock.now() - begun >= DOWN_WITHIN:
                break
            self.clock.sleep(0.5)
        unseen = ", and was never seen away: whether it restarted is not proven" if there else ""
        while True:
            try:
                self._session = self._login()
                self.power()
                return Change("serving", "serving again", note=f"after {self.clock.now() - begun:.0f} s{unseen}")
            except (Unreachable, BadAnswer) as error:
                if self.clock.now() - begun > BACK_WITHIN:
                    raise Unreachable(
                        f"{self.endpoint} does not serve {BACK_WITHIN:.0f} s after its reset: {error.message}",
                        hint="give it some more minutes, then take its power away",
                    ) from None
                self.clock.sleep(3.0)

    def _pings(self) -> bool:
        try:
            asyncio.run(ping.probe(self.endpoint, 1.0))
        except BmcError:
            return False
        return True

    def _applied(self, what: str, wanted: object, got: object, change: Change) -> Change:
        if wanted == got:
            return change
        hint = "the BMC accepted the command without effect: a reset of the BMC may fix it"
        told = f"{what} should read {wanted}, but reads {got}"
        raise NotApplied(f"{self.endpoint}: {told}", hint=hint, wanted=wanted, got=got)
