"""Every action on a BMC is traced and audited once, by the decorator `audited`: who, what, before, after, how long.

    class Bmc:
        audit: Audit = log                       # or the caller's own: anything that takes an Act
        @audited("locator")
        def set_locator(self, on: bool) -> Change: ...

An action that finds the wanted state already there is told too (`changed` is False): it sent no command.
No secret is in an Act: actions put states into it, never what they sent.
"""

from __future__ import annotations

import getpass
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from metalctl.bmc.endpoint import Endpoint
from metalctl.model.errors import MetalctlError

P = ParamSpec("P")
_LOG = logging.getLogger("metalctl.bmc")


@dataclass(frozen=True, slots=True)
class Change:
    """before, after: what was read, as JSON values. note: what a person should know of it."""

    before: Any
    after: Any
    note: str = ""

    @property
    def changed(self) -> bool:
        """Whether the BMC was changed at all."""
        return bool(self.before != self.after)


@dataclass(frozen=True, slots=True)
class Act:
    """One action. who: the account of the operator. why: of the failure, "" when it was done. seconds: it took."""

    bmc: str
    action: str
    who: str
    before: Any = None
    after: Any = None
    why: str = ""
    seconds: float = 0.0

    @property
    def done(self) -> bool:
        """Whether it ended well."""
        return not self.why


class Audit(Protocol):
    """Where acts go."""

    def __call__(self, act: Act, /) -> None: ...


def log(act: Act) -> None:
    """The audit of who has no store: one line in the log."""
    told = act.why or f"{act.before!r} -> {act.after!r}"
    _LOG.log(logging.INFO if act.done else logging.WARNING, "%s %s by %s: %s", act.bmc, act.action, act.who, told)


class Audited(Protocol):
    """What `audited` needs of the object whose method it wraps."""

    audit: Audit

    @property
    def endpoint(self) -> Endpoint: ...


S = TypeVar("S", bound=Audited)


def audited(action: str) -> Callable[[Callable[Concatenate[S, P], Change]], Callable[Concatenate[S, P], Change]]:
    """Tell the object's `audit` of each call, whether it ends well or not."""

    def wrap(method: Callable[Concatenate[S, P], Change]) -> Callable[Concatenate[S, P], Change]:
        @wraps(method)
        def call(self: S, *args: P.args, **kwargs: P.kwargs) -> Change:
            begun, name, who = time.monotonic(), str(self.endpoint), operator()
            try:
                change = method(self, *args, **kwargs)
            except MetalctlError as error:
                self.audit(Act(name, action, who, why=error.message, seconds=time.monotonic() - begun))
                raise
            self.audit(Act(name, action, who, change.before, change.after, seconds=time.monotonic() - begun))
            return change

        return cast("Callable[Concatenate[S, P], Change]", call)

    return wrap


def operator() -> str:
    """Who runs this; "unknown" where the system does not say."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
