"""`metalctl serve`: the service."""

from __future__ import annotations

import click

from metalctl.cli._command import command
from metalctl.cli._options import Home, state_options


@command()
@click.option("--standby", is_flag=True, help="Wait while another service serves, and take over when it is gone.")
@click.option("--unit", is_flag=True, help="Print a systemd unit for this installation, and do nothing else.")
@click.option(
    "--pages", "only_pages", is_flag=True, help="Serve only the pages: nothing is booted, no node is enrolled."
)
@state_options
def serve(standby: bool, unit: bool, only_pages: bool, home: Home) -> None:
    """Serve the boot network and run enrollments until stopped (SIGINT, SIGTERM); then start again to go on.

    After a crash the same command resumes: no stage that was completed runs again. SIGHUP reads the settings again and
    reopens the log.

    Examples:
      metalctl serve --config /etc/metalctl/metalctl.yaml
      metalctl serve --standby    # on a second provisioner, same PostgreSQL
      metalctl serve --pages      # of a lab, or of a state directory at rest
      metalctl serve --unit > /etc/systemd/system/metalctl.service
    """
    if unit:
        from metalctl.engine.serving.unit import unit_text

        click.echo(unit_text(home.config, standby=standby))
        return
    if only_pages:
        if standby:
            raise click.UsageError("--pages serves no node: there is nothing to stand by for")
        _pages(home)
        return
    import signal

    from metalctl.engine.logs import to_file
    from metalctl.engine.serving.service import Service
    from metalctl.web.app import app
    from metalctl.web.server import WebServer

    settings = home.settings()
    to_file(settings.state.create().path / "metalctl.log")
    service = Service(settings, click.echo)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    if not service.start(standby=standby):
        return

    def again(*_: object) -> None:
        to_file(settings.state.path / "metalctl.log")
        service.ask_reload(lambda: home.settings())

    signal.signal(signal.SIGHUP, again)
    try:
        pages = WebServer(
            app(service.database, lambda: service.error, settings.state), settings.web.host, settings.web.port
        )
    except BaseException:
        service.close()
        raise
    pages.start()
    click.echo(f"pages on {pages.url}")
    try:
        service.run()
    finally:
        pages.stop()
        service.close()
    click.echo("stopped; what is under way goes on at the next start")


def _pages(home: Home) -> None:
    """The pages until SIGINT or SIGTERM; /healthz says that no service is behind them."""
    import signal
    import threading

    from metalctl.store.database import open_database
    from metalctl.web.app import app
    from metalctl.web.server import WebServer

    settings = home.settings()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    database = open_database(settings.state.create().store_url)
    told = "only the pages are served here, and no service is watched"
    pages = WebServer(app(database, lambda: told, settings.state), settings.web.host, settings.web.port)
    pages.start()
    click.echo(f"pages on {pages.url}")
    stopped.wait()
    pages.stop()
    database.dispose()
