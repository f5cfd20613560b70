"""What the boot service asks and tells: the answers come from the store, under the enrollment that is under way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Engine

from metalctl.boot import tokens
from metalctl.boot.errors import Refused
from metalctl.engine.pipeline.services import Services
from metalctl.engine.reach import access
from metalctl.engine.state import StateDir
from metalctl.engine.topics import node_topic
from metalctl.model.boot import BootIntent, PhoneHome, Welcome
from metalctl.model.identity import Identity, contradictions
from metalctl.model.run import News
from metalctl.model.stage import ORDER, Condition, Stage
from metalctl.store import audit, boots, enrollments, nodes

# Seconds from our answer to the moment at which the node lets us in: it has to read the key in it first.
WELCOMED = 1.0


class StoreDirectory:
    """boot.directory.Directory over the store."""

    def __init__(
        self, database: Engine, state: StateDir, services: Callable[[], Services | None] = lambda: None
    ) -> None:
        """services: what walks the enrollments, once it does."""
        self._database = database
        self._state = state
        self._services = services

    def intent(self, macs: Sequence[str], uuid: str) -> BootIntent | None:
        """What this machine shall boot; a fresh token each time a ramdisk is served. None: nobody enrolls it."""
        with self._database.begin() as connection:
            node = nodes.by_macs(connection, macs) or nodes.by_uuid(connection, uuid)
            wanted = boots.intent(connection, node) if node else None
            if node is None or wanted is None:
                return None
            enrollment, action = wanted
            if action != "ramdisk":
                return BootIntent(node, action)
            # The second look, beside the intent: past this stage, or after the end (a cancel, a failure before the
            # call), nothing may boot it into the ramdisk again.
            found = enrollments.get(connection, enrollment)
            if found.ended or ORDER.index(found.stage) > ORDER.index(Stage.INSTALLED):
                return BootIntent(node, "local")
            mac = macs[0].lower() if macs else ""
            return BootIntent(node, action, issue_token(connection, enrollment, node, "ramdisk", mac))

    def welcome(self, report: PhoneHome) -> Welcome:
        """Check the token and record the boot; Refused says why to the node's console and to the audit trail."""
        try:
            with self._database.begin() as connection:
                welcome, enrollment = self._accept(connection, report)
        except Refused as refused:
            with self._database.begin() as connection:
                audit.record(connection, report.node, "phone-home-refused", reason=refused.message)
            raise
        if services := self._services():
            services.publish(node_topic(enrollment), WELCOMED)
        return welcome

    def news(self, news: News) -> bool:
        """A run on a node says that its journal grew; whether it was believed."""
        services = self._services()
        return services is not None and services.news.heard(news)

    def _accept(self, connection: Connection, report: PhoneHome) -> tuple[Welcome, str]:
        known = boots.token(connection, tokens.digest(report.token))
        node = enrollments.get(connection, known.enrollment).node if known else ""
        record = tokens.TokenRecord(known.digest, node, known.kind, known.expires, known.boot_id) if known else None
        tokens.spend(record, report, time.time())
        if known is None or not boots.use_token(connection, known.digest, report.boot_id):
            raise Refused("spent", f"the token of {node} was used by another boot at the same moment")
        if reason := strangeness(nodes.get(connection, node), known, report):
            raise Refused("stranger", reason)
        if reason := _over(connection, known.enrollment):
            raise Refused("over", reason)
        boots.add_boot(connection, known.enrollment, report)
        if report.kind == "ramdisk":
            # The boot that was ordered has come: whoever boots once more by itself gets nothing to run.
            boots.set_intent(connection, node, known.enrollment, "wait")
        audit.record(connection, node, "phone-home", kind=report.kind, boot_id=report.boot_id)
        return Welcome((access.public_line(self._state, known.enrollment),), node, time.time()), known.enrollment

    def sighting(self, mac: str, what: str) -> None:
        """Somebody was seen on the boot network."""
        with self._database.begin() as connection:
            boots.add_sighting(connection, mac, what)


def _over(connection: Connection, enrollment: str) -> str:
    """Why nobody may call for this enrollment any more; "" when one may. One that failed may be tried again."""
    found = enrollments.get(connection, enrollment)
    if found.ended and found.condition is Condition.DONE:
        return f"{found.node} is handed over: its enrollment has ended, and none of our keys is to come onto it again"
    if (latest := enrollments.latest(connection, found.node)).id != enrollment:
        return f"the token is of {enrollment}, and {found.node} was enrolled again since as {latest.id}"
    return ""


def issue_token(connection: Connection, enrollment: str, node: str, kind: str, mac: str = "") -> str:
    """A new one-time token; only its hash is remembered. mac: of the port that is booted over."""
    life = tokens.LIFE if kind == "ramdisk" else tokens.INSTALLED_LIFE
    token, record = tokens.issue(node, kind, time.time(), life)
    boots.add_token(connection, boots.Token(record.digest, enrollment, kind, record.expires, mac=mac))
    return token


def strangeness(node: nodes.Node, token: boots.Token, report: PhoneHome) -> str:
    """Why the caller is not the machine that the token was given to; "" when it is, as far as both state it."""
    if token.mac and token.mac not in report.macs:
        return f"the token of {node.name} was served to {token.mac}, which is not a port of the machine that calls"
    if node.identity is None:
        return ""
    caller = Identity(report.serial, report.uuid, macs=report.macs)
    wrong = contradictions(caller, node.identity)
    return f"the machine that calls is not {node.name}: {'; '.join(wrong)}" if wrong else ""
