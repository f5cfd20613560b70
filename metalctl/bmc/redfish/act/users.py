"""The accounts of a Redfish BMC, for redfish/rotation.py.

Who changes a password does so in a session where the BMC has sessions: the session outlives the old password, and can
put it back. A password goes into bodies only; when a BMC repeats it in a refusal it is cut out of the message.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Self

from metalctl.bmc.audit import Audit, log
from metalctl.bmc.credentials import lockout
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BadAnswer, BmcError, Missing, NotApplied, Unsupported
from metalctl.bmc.quirks import Quirks, quirks_of
from metalctl.bmc.redfish.act.wire import Run, Wire
from metalctl.bmc.redfish.client import paths
from metalctl.bmc.redfish.client.http import Client
from metalctl.bmc.redfish.client.refusals import told_by
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import link, linked, text, whole
from metalctl.bmc.timing import REAL, Clock

ADMINISTRATOR = "Administrator"


class RedfishUsers:
    """The accounts of one BMC. client: makes one for the BMC at `endpoint`, which was verified. root: its service root.

    quirks: None to learn them at each login: a BMC says what it is only to who is logged in.
    """

    def __init__(
        self,
        client: Callable[[], Client],
        run: Run,
        endpoint: Endpoint,
        root: Resource,
        quirks: Quirks | None = None,
        clock: Clock = REAL,
        audit: Audit = log,
    ) -> None:
        self._client, self._run, self._clock = client, run, clock
        self._root, self._learns, self._quirks = root, quirks is None, quirks or quirks_of(root=root)
        self.endpoint, self.audit = endpoint, audit

    @property
    def name(self) -> str:
        """The BMC, for people."""
        return str(self.endpoint)

    def enter(self, credential: Credential) -> RedfishAdmin:
        """One login. Raises WrongPassword when it is refused; it is remembered, and not tried again."""
        lockout.check(self.endpoint, credential)
        client = self._client()
        client.quirks = self._quirks
        try:
            self._run(client.access.enter(credential, self._root))
            admin = RedfishAdmin(client, self._run, self._root, credential.username, self._clock)
            admin.prove()
            if self._learns:
                self._quirks = admin.learn(self._root)
        except BaseException:
            self._run(client.close())
            raise
        return admin

    def made(self, credential: Credential) -> None:
        """The credential was set just now: an earlier refusal of it counts no more."""
        lockout.forgive(self.endpoint, credential)


class RedfishAdmin:
    """Who has logged in as `username` and may manage users. A context manager; leaving it logs out."""

    def __init__(self, client: Client, run: Run, root: Resource, username: str, clock: Clock) -> None:
        self._client, self._run = client, run
        self._wire = Wire(client, run, "", clock)
        self._service = link(root, "AccountService")
        self._username = username
        self._own = ""

    def prove(self) -> None:
        """One authenticated read. An account that must first change its password may read nothing but itself."""
        if not self._service:
            raise Unsupported(
                f"{self._wire.name} has no AccountService", hint="change the password on the BMC's web page"
            )
        try:
            self._wire.get(self._service)
            self._wire.get(self._collection())
        except BmcError as error:
            if not _must_change(error):
                raise
            if told := _account(error):
                # Before anything is sent there, the new password above all.
                self._own = paths.target(self._client.endpoint, told)
        self._client.access.trust()

    def learn(self, root: Resource) -> Quirks:
        """The quirks of this BMC, from the first system that the account may read; used from now on."""
        system: Resource = {}
        manager: Resource = {}
        with contextlib.suppress(BmcError):
            paths = linked(self._wire.get(link(root, "Systems")), "Members")
            system = self._wire.get(paths[0]) if paths else {}
            managers = linked(system, "Links", "ManagedBy")
            manager = self._wire.get(managers[0]) if managers else {}
        self._wire.quirks = quirks_of(root=root, system=system, manager=manager)
        return self._wire.quirks

    def limits(self) -> tuple[int, int]:
        """Fewest and most characters of a password; 0: not stated."""
        try:
            service = self._wire.get(self._service)
        except BmcError as error:
            if not _must_change(error):
                raise
            service = {}
        most = whole(service, "MaxPasswordLength") or 0
        known = self._wire.quirks.password_most
        return whole(service, "MinPasswordLength") or 0, min(most, known) if most and known else most or known

    def exists(self, username: str) -> bool:
        """Whether there is an account of that name."""
        return bool(self._find(username))

    def set_password(self, username: str, password: str) -> None:
        """Change it; who is logged in stays so where the BMC allows it."""
        path = self._own if self._own and username == self._username else self._find(username)
        if not path:
            raise Missing(
                f"{self._wire.name} has no account {username}", hint="check the accounts on the BMC's web page"
            )
        with self._client.hiding(password):
            self._wire.patch(path, {"Password": password})

    def create(self, credential: Credential) -> None:
        """A new administrator."""
        account = {"UserName": credential.username, "Password": credential.password}
        body = {**account, "RoleId": ADMINISTRATOR, "Enabled": True}
        with self._client.hiding(credential.password):
            if self._wire.quirks.account_by == "post":
                try:
                    self._wire.post(self._collection(), body)
                    return
                except Missing:
                    # metal-operator#913: where accounts cannot be added, an empty slot is filled.
                    pass
            self._wire.patch(self._empty_slot(), body)

    def remove(self, username: str) -> None:
        """Take the account away."""
        if not (path := self._find(username)):
            return
        try:
            self._wire.delete(path)
        except (Missing, Unsupported):
            self._wire.patch(path, {"Enabled": False, "UserName": ""})

    def disable(self, username: str) -> None:
        """Let nobody log in with it; raises NotApplied unless it reads so."""
        if not (path := self._find(username)):
            return
        if self._wire.get(path).get("Enabled") is not False:
            self._wire.patch(path, {"Enabled": False})
        if self._wire.get(path).get("Enabled") is not False:
            raise NotApplied(
                f"{self._wire.name}: the account {username} should be disabled, and still is not",
                hint="some BMCs cannot disable their first account: give it a long random password",
                wanted="disabled",
                got="enabled",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._client.close())

    def _collection(self) -> str:
        path = link(self._wire.get(self._service), "Accounts")
        if not path:
            raise BadAnswer(f"{self._wire.name} links to no accounts", hint="see its firmware's notes")
        return path

    def _accounts(self) -> list[tuple[str, dict[str, Any]]]:
        return [(path, self._wire.get(path)) for path in linked(self._wire.get(self._collection()), "Members")]

    def _find(self, username: str) -> str:
        return next((path for path, one in self._accounts() if text(one, "UserName") == username), "")

    def _empty_slot(self) -> str:
        first = self._wire.quirks.account_slots_from
        for path, account in self._accounts():
            number = whole(account, "Id")
            if not text(account, "UserName") and not account.get("Enabled") and (number is None or number >= first):
                return path
        raise Unsupported(
            f"{self._wire.name} has no room for another account", hint="remove an account that is not needed"
        )


def _account(error: BmcError) -> str:
    """The account that a demand to change its password names: a path, or a whole URL; "" when it names none."""
    words = [one.strip() for one in told_by(error, "arguments")]
    return next((one for one in words if one.startswith("/") or "://" in one), "")


def _must_change(error: BmcError) -> bool:
    return any(one.endswith("PasswordChangeRequired") for one in told_by(error, "messages"))
