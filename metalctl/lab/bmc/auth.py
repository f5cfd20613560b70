"""Who may: accounts, basic authentication, sessions with a limit, and a lock after too many refusals."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from metalctl.lab.bmc.message import Request, Response, dump, refusal
from metalctl.lab.bmc.state import State

OPEN = frozenset({"/redfish", "/redfish/v1", "/redfish/v1/$metadata", "/redfish/v1/odata"})
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Redfish"'}


@dataclass(slots=True)
class Session:
    """used: the moment of its last request, time.monotonic()."""

    path: str
    username: str
    used: float = field(default_factory=time.monotonic)


class Auth:
    """The logins of one BMC. sessions: X-Auth-Token → session."""

    def __init__(self, bmc: State) -> None:
        self._bmc = bmc
        self._passwords: dict[str, str] | None = None
        self._proven: set[str] = set()
        self._failures = 0
        self._locked_until = 0.0
        self._number = 1000
        self.sessions: dict[str, Session] = {}

    def refuses(self, request: Request) -> Response | None:
        """None when the request may pass, else the 401. Without a password anybody may log in."""
        if token := request.header(b"x-auth-token"):
            session = self.sessions.get(token)
            if session and not self._expired(session):
                session.used = time.monotonic()
                return None
            return refusal(401, "NoValidSession", "There is no valid session with this token.", _CHALLENGE)
        given = request.header(b"authorization")
        if given in self._proven:
            return None
        if not self._bmc.settings.password:
            return None
        if not given:
            return refusal(401, "NoValidSession", "Log in first.", _CHALLENGE)
        if wrong := self._check(*_basic(given)):
            return wrong
        self._proven.add(given)
        return None

    def open_session(self, collection: str, request: Request) -> Response:
        """POST to the sessions: 201 with X-Auth-Token and Location, 401, or 503 when there are too many."""
        asked = request.json() or {}
        username = str(asked.get("UserName", ""))
        if wrong := self._check(username, str(asked.get("Password", ""))):
            return wrong
        self.sessions = {token: one for token, one in self.sessions.items() if not self._expired(one)}
        if len(self.sessions) >= self._bmc.settings.sessions:
            text = "The session establishment failed due to the number of simultaneous sessions exceeding the limit."
            return refusal(503, "SessionLimitExceeded", text)
        self._number += 1
        path, token = f"{collection}/{self._number}", secrets.token_hex(16)
        resource = {
            "@odata.type": "#Session.v1_3_0.Session",
            "Id": str(self._number),
            "Name": f"User Session {self._number}",
            "UserName": username,
        }
        self._bmc.join(collection, path, resource)
        self.sessions[token] = Session(path, username)
        self._bmc.statistics.logins += 1
        headers = (("X-Auth-Token", token), ("Location", path))
        return Response(201, dump(self._bmc.resource(path)), headers=headers)

    def close_session(self, collection: str, path: str) -> Response:
        """DELETE of a session: its token is worth nothing any more."""
        self.sessions = {token: one for token, one in self.sessions.items() if one.path != path}
        self._bmc.leave(collection, path)
        self._bmc.statistics.logouts += 1
        return Response(204)

    def forget_sessions(self) -> None:
        collection = self.collection
        for session in self.sessions.values():
            self._bmc.leave(collection, session.path)
        self.sessions = {}
        self._failures, self._locked_until = 0, 0.0

    @property
    def collection(self) -> str:
        links = self._bmc.library.root.get("Links")
        target = links.get("Sessions", {}).get("@odata.id") if isinstance(links, dict) else ""
        stated = str(target or "").rstrip("/") or self._bmc.link("SessionService", "Sessions")
        return self._bmc.library.canonical(stated or "/redfish/v1/SessionService/Sessions")

    def changed(self, before: dict[str, Any], after: dict[str, Any], password: str | None) -> None:
        """An account was changed or made: `before` {} for a new one, `after` {} for one that was deleted."""
        passwords = self._known()
        old = passwords.pop(str(before.get("UserName", "")), None)
        secret = password if password is not None else old
        if secret and after.get("UserName") and after.get("Enabled", True):
            passwords[str(after["UserName"])] = secret
        self._proven.clear()

    def _check(self, username: str, password: str) -> Response | None:
        settings = self._bmc.settings
        if not settings.password:
            return None
        wanted = self._known().get(username)
        locked = time.monotonic() < self._locked_until
        if not locked and wanted is not None and hmac.compare_digest(wanted.encode(), password.encode()):
            self._failures = 0
            return None
        self._failures += 1
        if settings.lockout and self._failures >= settings.lockout and not locked:
            self._locked_until = time.monotonic() + settings.lockout_time
        word = "AccountLocked" if locked else "InvalidUserNameOrPassword"
        return self._bmc.forbidden(refusal(401, word, "The user name or password is not valid.", _CHALLENGE))

    def _known(self) -> dict[str, str]:
        if self._passwords is None:
            name = self._bmc.settings.username or administrator(self._bmc)[1]
            self._passwords = {name: self._bmc.settings.password}
        return self._passwords

    def _expired(self, session: Session) -> bool:
        service = self._bmc.resource(self._bmc.link("SessionService")) if self._stale(session, 30.0) else None
        return bool(service) and self._stale(session, float((service or {}).get("SessionTimeout") or 1800))

    @staticmethod
    def _stale(session: Session, seconds: float) -> bool:
        return time.monotonic() - session.used > seconds


def administrator(bmc: State) -> tuple[str, str]:
    """Path and name of the tree's first enabled administrator; ("", "admin") when it has none."""
    for path in bmc.members(bmc.link("AccountService", "Accounts")):
        account = bmc.resource(path) or {}
        if account.get("UserName") and account.get("Enabled", True) and account.get("RoleId") == "Administrator":
            return path, str(account["UserName"])
    return "", "admin"


def _basic(header: str) -> tuple[str, str]:
    scheme, _, value = header.partition(" ")
    try:
        text = base64.b64decode(value, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    username, _, password = text.partition(":")
    return username, password
