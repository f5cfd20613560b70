"""From the factory's credential to the site's, without locking anybody out.

    rotate_at(endpoint, factory, site)    # Change("user root (factory)", "user metalctl")

- The BMC is verified before any credential is sent. Each credential is tried once: the first refusal of one ends the
  try with it (see lockout).
- What is there already is left: when the factory's credential is refused and the site's works, nothing is to do.
- The new login is proven by a login before the old one is given up. When it does not work, what was changed is put
  back through the session that made the change, and the old login is proven again.
- Nothing here is logged, and no message holds a password.
- A `Ledger` is told before the first change and as soon as the outcome is proven, so that who crashes in between knows
  which two credentials it may be, and has to try each of them once at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from metalctl.bmc import audit
from metalctl.bmc.audit import Change, audited
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BmcError, NotApplied, Unsupported, WrongPassword
from metalctl.bmc.redfish.act.users import RedfishAdmin, RedfishUsers
from metalctl.bmc.redfish.bmc import verified
from metalctl.bmc.redfish.client.http import Client


class Ledger(Protocol):
    """Who remembers which credential the BMC takes."""

    def begin(self) -> None:
        """The BMC is about to be changed: from here on it may take either."""

    def proven(self) -> None:
        """A login with the site's worked."""

    def undone(self) -> None:
        """It was put back: the factory's works."""

    def done(self) -> None:
        """Nothing is left to do."""


class NoLedger:
    """Of who has nothing to remember."""

    def begin(self) -> None:
        return

    proven = undone = done = begin


def rotate_at(
    endpoint: Endpoint,
    factory: Credential | None,
    site: Credential,
    keep_factory: bool = False,
    note: audit.Audit = audit.log,
    timeout: float = 30.0,
    *,
    ledger: Ledger | None = None,
    proven: bool = False,
) -> Change:
    """See `rotate`; or `finish` where the site's login was `proven` before, or `factory` is None.

    Also raises Unreachable, NotABmc, CertificateChanged, CertificateUntrusted before any credential is sent.
    """
    if endpoint.protocol != "redfish":
        raise Unsupported(f"{endpoint}: credentials are rotated over Redfish only", hint="use its https:// address")
    with asyncio.Runner() as runner:
        client, root = runner.run(verified(endpoint, timeout))
        runner.run(client.close())
        users = RedfishUsers(lambda: Client(users.endpoint, timeout), runner.run, client.endpoint, root, audit=note)
        return _audited(users, factory, site, keep_factory, ledger, proven)


@audited("rotate")
def _audited(
    users: RedfishUsers,
    factory: Credential | None,
    site: Credential,
    keep_factory: bool,
    ledger: Ledger | None,
    proven: bool,
) -> Change:
    if proven or factory is None:
        return finish(users, factory, site, keep_factory, ledger)
    return rotate(users, factory, site, keep_factory, ledger)


def rotate(
    users: RedfishUsers, factory: Credential, site: Credential, keep_factory: bool = False, ledger: Ledger | None = None
) -> Change:
    """Make `site` an administrator's login that works, and shut the factory's account (when it is another).

    Raises WrongPassword (neither works), Unsupported (the password does not suit; nothing was changed), NotApplied
    (it was put back).
    """
    if factory == site:
        raise Unsupported("the site's credential is the factory's", hint="give it a password of its own")
    ledger = ledger or NoLedger()
    try:
        admin = users.enter(factory)
    except WrongPassword as refused:
        return _already(users, site, ledger, refused)
    with admin:
        _check(users, admin, site)
        ledger.begin()
        if factory.username == site.username:
            _change(users, admin, factory, site, ledger)
        else:
            _replace(users, admin, site, ledger)
    ledger.proven()
    _shut(users, factory, site, keep_factory)
    ledger.done()
    return Change(f"{factory} (factory)", str(site))


def finish(
    users: RedfishUsers,
    factory: Credential | None,
    site: Credential,
    keep_factory: bool = False,
    ledger: Ledger | None = None,
) -> Change:
    """What is left of a rotation whose new login is known to work: prove it again, and shut the factory's account.

    factory: None when it is not known any more. Raises as `rotate`.
    """
    ledger = ledger or NoLedger()
    with users.enter(site):
        pass
    if factory:
        _shut(users, factory, site, keep_factory)
    ledger.done()
    return Change(str(site), str(site), "done before")


def _shut(users: RedfishUsers, factory: Credential, site: Credential, keep_factory: bool) -> None:
    if factory.username != site.username and not keep_factory:
        with users.enter(site) as new:
            new.disable(factory.username)


def _already(users: RedfishUsers, site: Credential, ledger: Ledger, refused: WrongPassword) -> Change:
    """The factory's login is refused: good when the site's works, else a person must look."""
    try:
        with users.enter(site):
            ledger.proven()
            ledger.done()
            return Change(str(site), str(site), "done before")
    except WrongPassword:
        raise WrongPassword(
            f"{users.name} refuses the factory's credential and the site's; neither is tried again",
            hint="look up the password on the machine's label, or reset the BMC's users at the console",
        ) from refused


def _check(users: RedfishUsers, admin: RedfishAdmin, site: Credential) -> None:
    least, most = admin.limits()
    length = len(site.password)
    if length < least or (most and length > most):
        raise Unsupported(
            f"{users.name} takes passwords of {least} to {most or 'any number of'} characters; the site's has {length}",
            hint="some BMCs cut a longer one silently; choose one that suits all",
        )


def _change(users: RedfishUsers, admin: RedfishAdmin, factory: Credential, site: Credential, ledger: Ledger) -> None:
    """The same account, another password."""
    admin.set_password(site.username, site.password)
    users.made(site)
    if why := _refusal(users, site):
        _put_back(users, lambda: admin.set_password(factory.username, factory.password), factory, why, ledger)


def _replace(users: RedfishUsers, admin: RedfishAdmin, site: Credential, ledger: Ledger) -> None:
    """Another account."""
    there = admin.exists(site.username)
    if there:
        admin.set_password(site.username, site.password)
    else:
        admin.create(site)
    users.made(site)
    if why := _refusal(users, site):
        if not there:
            admin.remove(site.username)
        ledger.undone()
        raise NotApplied(
            f"{users.name}: the new account {site.username} does not work ({why}); the factory's was left as it was",
            hint="try other characters, or a longer password",
            wanted=str(site),
            got="refused",
        )


def _put_back(users: RedfishUsers, restore: Callable[[], None], factory: Credential, why: str, ledger: Ledger) -> None:
    try:
        restore()
        users.made(factory)
        lost = _refusal(users, factory)
    except BmcError as error:
        lost = error.message
    if lost:
        raise NotApplied(
            f"{users.name}: the new password does not work ({why}), and the old one could not be put back ({lost})",
            hint="reset the BMC's users at the console, before anything tries again and locks the account",
            wanted="a login that works",
            got="none",
        )
    ledger.undone()
    raise NotApplied(
        f"{users.name}: the new password does not work ({why}); the old one was put back, and works",
        hint="try other characters, or a shorter password",
        wanted="the site's password",
        got="the factory's password",
    )


def _refusal(users: RedfishUsers, credential: Credential) -> str:
    """Why this login does not work, "" when it does."""
    try:
        with users.enter(credential) as admin:
            admin.limits()
            return ""
    except BmcError as error:
        return error.message
