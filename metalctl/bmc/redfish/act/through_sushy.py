"""sushy's resources over our own wire: its words and actions, our certificate, login, limits and patience.

sushy's own connector sends the login to whatever host an action names and reads answers without a bound; this one is
the `Wire`, so nothing leaves the BMC (docs/decisions/0012-acting-on-bmcs.md). Errors of the wire pass through sushy
unchanged; sushy's own become Unsupported and BadAnswer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sushy import exceptions
from sushy.resources.manager.manager import Manager
from sushy.resources.system.system import System

from metalctl.bmc.errors import BadAnswer, Unsupported
from metalctl.bmc.redfish.act.wire import Wire


@dataclass(frozen=True, slots=True)
class _Answer:
    """What sushy looks at in an answer."""

    body: Mapping[str, Any]
    status_code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return json.dumps(self.body).encode()

    def json(self) -> Any:
        return self.body


class _Connector:
    """sushy.connector.Connector as far as resources call it. A command is sent once: who called looks what became."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def get(self, path: str = "", **_: Any) -> _Answer:
        # sushy refuses a resource that does not state its Id; which one it is says its path.
        return _Answer({"Id": path.rstrip("/").rpartition("/")[2], **self._wire.get(path)})

    def post(self, path: str = "", data: Any = None, **_: Any) -> _Answer:
        reply = self._wire.post(path, data or {}, patient=False)
        return _Answer(reply.body, reply.status, reply.headers)


@contextmanager
def system(wire: Wire) -> Iterator[System]:
    """The system that the wire is about, as sushy sees it."""
    with _translated(wire):
        yield System(_Connector(wire), wire.system_path)


@contextmanager
def manager(wire: Wire, path: str) -> Iterator[Manager]:
    """A manager, as sushy sees it."""
    with _translated(wire):
        yield Manager(_Connector(wire), path)


@contextmanager
def _translated(wire: Wire) -> Iterator[None]:
    try:
        yield
    except exceptions.InvalidParameterValueError as error:
        raise Unsupported(f"{wire.name} cannot do that: {error}", hint="see metalctl bmc probe") from None
    except (exceptions.SushyError, ValueError, TypeError, AttributeError, KeyError) as error:
        # sushy lets the errors of JSON of another shape through.
        raise BadAnswer(
            f"{wire.name} answers what cannot be read: {error}", hint="a reset of the BMC may mend it", bmc=wire.name
        ) from None
