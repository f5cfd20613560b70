"""The pages in a thread of the service."""

from __future__ import annotations

import socket
import threading

import uvicorn
from starlette.applications import Starlette

from metalctl.model.errors import MetalctlError


class WebServer:
    """Serves an application until stopped."""

    def __init__(self, application: Starlette, host: str, port: int) -> None:
        self._listener = _listen(host, port)
        self.url = f"http://{host}:{self._listener.getsockname()[1]}"
        config = uvicorn.Config(application, log_config=None, access_log=False, lifespan="off", server_header=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, name="web", daemon=True
        )

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """End, and let go of the port."""
        self._server.should_exit = True
        self._thread.join(5)
        self._listener.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), reuse_port=False)
    except OSError as error:
        raise MetalctlError(
            f"the pages cannot be served on {host}:{port}: {error.strerror}",
            hint="choose another address with web.host and web.port in the settings file; 0 takes a free port",
        ) from error
