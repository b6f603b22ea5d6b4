"""A service in this process, on a free port, as uvicorn runs it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from maquette.serve import Service, Settings, create_app


@dataclass(frozen=True)
class Live:
    """A service that listens."""

    address: str
    service: Service
    app: FastAPI
    folder: Path


@contextmanager
def live(folder: Path, settings: Settings) -> Iterator[Live]:
    service = Service.open(folder, settings)
    app = create_app(service)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            time.sleep(0.01)
        yield Live(f"http://127.0.0.1:{listening.getsockname()[1]}", service, app, folder)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
