"""How the service is, asked from outside: its lock, its pages' /healthz, and what the store says of its nodes."""

from __future__ import annotations

import contextlib
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field

from metalctl.engine.durability.lock import lock_of
from metalctl.engine.pipeline.overview import standings
from metalctl.engine.settings import Settings
from metalctl.store.database import open_database

# Seconds: it is on this machine.
TIMEOUT = 3.0


@dataclass(frozen=True, slots=True)
class Standing:
    """running: a process holds the lock. wrong: one line a trouble. nodes: how many are in each condition.

    bmcs: how many are "on", "off", "not read" (or "power ?"), as the service last read them.
    """

    running: bool
    holder: str
    sentence: str
    wrong: list[str] = field(default_factory=list)
    nodes: dict[str, int] = field(default_factory=dict)
    bmcs: dict[str, int] = field(default_factory=dict)


def standing(settings: Settings) -> Standing:
    """Look; nothing is changed."""
    holder = lock_of(settings.state.create(), settings.boot.network).holder
    database = open_database(settings.state.store_url)
    every = standings(database)
    counted = Counter(str(s.condition) for s in every)
    read = dict(Counter(s.bmc.word for s in every if s.bmc))
    database.dispose()
    if holder is None:
        waiting = sum(number for condition, number in counted.items() if condition in ("waiting", "running", "held"))
        wrong = [f"{waiting} nodes wait for a service: start metalctl serve"] if waiting else []
        return Standing(False, "", f"no service runs on {settings.state.path}", wrong, dict(counted), read)
    said = f"the service runs ({holder}) on {settings.state.path}"
    return Standing(True, holder, said, _wrong(settings), dict(counted), read)


def _wrong(settings: Settings) -> list[str]:
    """What /healthz says. A service that was begun by `enroll` serves no pages: then it is not asked."""
    url = f"http://{settings.web.host}:{settings.web.port}/healthz"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with contextlib.closing(opener.open(url, timeout=TIMEOUT)):
            return []
    except urllib.error.HTTPError as sick:
        with sick:
            return sick.read().decode(errors="replace").splitlines()
    except OSError:
        return []
