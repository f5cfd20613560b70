"""The pages of the service, and JSON beside them. Read-only.

A batch that is under way is shown as it stands; one that has ended by the page that was written then: that is evidence,
and is not made anew from today's data.

/                  the newest batch          /api/nodes     what `metalctl nodes --json` prints
/batches/ID        another batch             /healthz       200 while the boot service serves, else 503 with the reason
/batches/ID/pairs  its pair tests
/nodes/NAME        one node                  /metrics       Prometheus: nodes by stage, BMCs by power

A report links its neighbours as files (NAME.html beside it), so a node's page is at that address as well.
"""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from metalctl.engine.evidence.dossiers import gather
from metalctl.engine.pipeline.overview import standings
from metalctl.engine.state import StateDir
from metalctl.model.errors import MetalctlError
from metalctl.report import page
from metalctl.report.clean import slug
from metalctl.store import enrollments
from metalctl.store.errors import NotFound
from metalctl.web import pairs
from metalctl.web.live import Live

# Seconds after which a browser looks again, while anything is under way.
REFRESH = "5"


def app(database: Engine, failure: Callable[[], str], state: StateDir) -> Starlette:
    """The application. `failure()` is why the service is not well, "" when it is."""
    live = Live(database)

    def newest(_: Request) -> Response:
        with database.connect() as connection:
            name = enrollments.last_batch(connection)
        return _batch(database, live, state, name)

    def batch(request: Request) -> Response:
        return _batch(database, live, state, request.path_params["batch"])

    def pair_tests(request: Request) -> Response:
        return HTMLResponse(pairs.render(database, request.path_params["batch"]))

    def node(request: Request) -> Response:
        with database.connect() as connection:
            enrollment = enrollments.latest(connection, request.path_params["node"])
            written = state.reports(enrollment.batch) / f"{slug(enrollment.node)}.html"
            if enrollment.ended and written.exists():
                return HTMLResponse(written.read_text())
            found = gather(connection, enrollment)
        return _page(page.node(found), ended=enrollment.ended)

    def nodes(_: Request) -> Response:
        return JSONResponse([s.as_json() for s in standings(database, findings=True)])

    def health(_: Request) -> Response:
        return PlainTextResponse(failure() or "ok\n", 503 if failure() else 200)

    def metrics(_: Request) -> Response:
        return Response(_metrics(database), media_type="text/plain; version=0.0.4")

    def missing(_: Request, error: Exception) -> Response:
        return PlainTextResponse(f"{error}\n", 404)

    def broken(_: Request, error: Exception) -> Response:
        return PlainTextResponse(f"{error}\n", 500)

    routes = [
        Route("/", newest),
        Route("/{node}.html", node),
        Route("/batches/{node}.html", node),
        Route("/batches/{batch}/pairs", pair_tests),
        Route("/batches/{batch}", batch),
        Route("/nodes/{node}", node),
        Route("/api/nodes", nodes),
        Route("/healthz", health),
        Route("/metrics", metrics),
    ]
    return Starlette(routes=routes, exception_handlers={NotFound: missing, MetalctlError: broken})


def _batch(database: Engine, live: Live, state: StateDir, batch: str) -> Response:
    with database.connect() as connection:
        members = enrollments.newest(connection, batch)
    if not members:
        raise NotFound(f"no batch {batch!r}")
    ended, written = all(e.ended for e in members), state.reports(batch) / "index.html"
    return _page(written.read_text() if ended and written.exists() else live.page(batch), ended=ended)


def _page(text: str, *, ended: bool) -> Response:
    return HTMLResponse(text, headers={} if ended else {"Refresh": REFRESH})


def _metrics(database: Engine) -> bytes:
    registry = CollectorRegistry()
    gauge = Gauge("metalctl_nodes", "Nodes by stage and condition", ("stage", "condition"), registry=registry)
    every = standings(database)
    counted = Count((str(s.stage), str(s.condition)) for s in every)
    for (stage, condition), number in counted.items():
        gauge.labels(stage, condition).set(number)
    read = Gauge("metalctl_bmcs", "BMCs by power and health as last read", ("power", "health"), registry=registry)
    looks = Count((s.bmc.word, s.bmc.health) for s in every if s.bmc)
    for (power, health), number in looks.items():
        read.labels(power, health).set(number)
    return generate_latest(registry)
