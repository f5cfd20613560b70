"""Several services on one PostgreSQL, each with a boot network and a rack of its own; one of them is killed for good.

enroll_N_failed, installs, added_s: as in `whole`, over all racks. takeover_s: from the kill -9 of one service, while
its nodes are in burn-in, to the moment at which its standby serves its boot network; takeover_all_s: until the standby
has looked at each of its nodes. rss_mb: the most of any service. cores: of all of them, of the simulators, and of the
database server.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import _rig
from bench._fleet import seconds_of
from bench._whole import ends, of_machines, own, scaled, submit, under_way

SERVICES = 4


@dataclass(slots=True)
class Site:
    """One boot network: its rack, the service of it, and where both are."""

    number: int
    folder: Path
    rack: _rig.Rack
    running: _rig.Process | None = None

    @property
    def network(self) -> str:
        """A sixteenth of 127/8."""
        return f"127.{16 * self.number}.0.0/12"

    def order(self, url: str, **more: Any) -> dict[str, Any]:
        """What its service is told."""
        there = {"address": address(self.number), "network": self.network, "url": url, "at_once": self.rack.count}
        return _rig.order(self.folder, **(there | more))

    def serve(self, url: str, **more: Any) -> _rig.Process:
        """Start one; with standby=True it is not waited for."""
        order = self.order(url, **more)
        return _rig.Process("bench._engine", (), order, wait=not more.get("standby"), **self.rack.credentials)


def measure(count: int, scale: float) -> dict[str, Any]:
    """So many nodes, over all services. scale: of the times of `whole`."""
    from tests.integration import postgres

    if why := postgres.missing():
        raise SystemExit(f"bench: {why}")
    times = scaled(scale)
    with ExitStack() as stack:
        state, url = stack.enter_context(_rig.state()), stack.enter_context(postgres.server(connections=500))
        sites = [_site(stack, state, number, count // SERVICES, times) for number in range(SERVICES)]
        for site in sites:
            submit(site.folder, site.rack, url, site.network, first=site.number * site.rack.count)
        for site in sites:
            site.running = site.serve(url)
            stack.callback(lambda site=site: site.running and site.running.end())
        return _watched(sites, url, times)


def _watched(sites: list[Site], url: str, times: dict[str, float]) -> dict[str, Any]:
    begun, folder = time.perf_counter(), sites[0].folder
    patience = 900 + 3 * own(times) + 2.0 * sum(site.rack.count for site in sites)
    killed = sites[0]
    standby = killed.serve(url, standby=True)
    seen = _Cpu()
    _rig.until(lambda: _burning(url, killed.network) >= killed.rack.count * 0.9, patience, every=2.0)
    told = _takeover(killed, standby, url, seen)
    _rig.until(lambda: under_way(folder, url) == 0, patience, every=2.0)
    told["wall_s"] = time.perf_counter() - begun
    told |= ends(folder, times, url) | of_machines(site.rack for site in sites)
    running = [site.running for site in sites if site.running]
    told["rss_mb"] = max(one.peak_mb for one in running)
    told["cores"] = seen.cores(running, [site.rack.process for site in sites], told["wall_s"])
    return told


def _takeover(site: Site, standby: _rig.Process, url: str, seen: _Cpu) -> dict[str, Any]:
    """Kill the service of a site; how long until its standby serves, and has ticked all."""
    assert site.running
    seen.of_the_dead += site.running.cpu
    begun = time.time()
    site.running.end(signal.SIGKILL)
    site.running = standby
    standby.ready()
    told = {"takeover_s": time.time() - begun}
    waiting = _untouched(url, site.network, begun)
    _rig.until(lambda: waiting() == 0, 600.0)
    return {**told, "takeover_all_s": time.time() - begun}


class _Cpu:
    """What all processes took together."""

    def __init__(self) -> None:
        self.of_the_dead = 0.0

    def cores(self, services: list[_rig.Process], racks: list[_rig.Process], seconds: float) -> dict[str, float]:
        """Of each kind, on the average."""
        spent = {
            "services": self.of_the_dead + sum(one.cpu for one in services),
            "simulators": sum(one.cpu for one in racks),
            "database": sum(seconds_of(pid) for pid in _postgres()),
        }
        return {name: round(used / seconds, 3) for name, used in spent.items()}


def address(number: int) -> str:
    """Where the boot service of a site is."""
    return f"127.{16 * number}.0.1"


def _site(stack: ExitStack, state: Path, number: int, count: int, times: dict[str, float]) -> Site:
    first, machines = 16 * number + 1, 16 * number + 8
    words = ("--base", f"127.{first}.0.1", "--machine-base", f"127.{machines}.0.1", "--first", str(number * count))
    boot = f"http://{address(number)}:{_rig.PORT}"
    rack = stack.enter_context(_rig.rack(count, *words, times=times, boot=boot))
    return Site(number, state / f"site{number}", rack)


def _asked(url: str, query: str, **words: object) -> int:
    from sqlalchemy import create_engine, text

    database = create_engine(url)
    with database.connect() as connection:
        found = connection.execute(text(query), words).scalar_one()
    database.dispose()
    return int(found)


def _burning(url: str, service: str) -> int:
    query = (
        "SELECT count(*) FROM runs r JOIN enrollments e ON e.id = r.enrollment "
        "WHERE e.service = :s AND r.kind = 'burn-in' AND r.entries > 0"
    )
    return _asked(url, query, s=service)


def _untouched(url: str, service: str, since: float) -> Callable[[], int]:
    """How many nodes of a service that are under way were not ticked since."""
    from datetime import UTC, datetime

    moment = datetime.fromtimestamp(since, UTC).isoformat(timespec="milliseconds")
    query = (
        "SELECT count(*) FROM enrollments e JOIN stages s ON s.enrollment = e.id AND s.stage = e.stage "
        "WHERE e.service = :s AND e.condition IN ('waiting', 'running') AND s.ticked < :m"
    )
    return lambda: _asked(url, query, s=service, m=moment)


def _postgres() -> list[int]:
    """The processes of the database server that we started: those in our namespace of that name."""
    return [int(p.parent.name) for p in Path("/proc").glob("[0-9]*/comm") if _is_ours(p)]


def _is_ours(comm: Path) -> bool:
    try:
        ours = (comm.parent / "ns/net").readlink() == Path("/proc/self/ns/net").readlink()
        return ours and comm.read_text().startswith("postgres")
    except OSError:
        return False
