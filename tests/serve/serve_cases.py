"""A service in this process, on a free port, as uvicorn runs it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
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

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """What it answers, however slow the machine is."""
        return httpx.request(method, self.address + path, trust_env=False, timeout=300, **request)


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


_Result = TypeVar("_Result")


def finished(coroutine: Coroutine[Any, Any, _Result]) -> _Result:
    """What a coroutine returns, run in a thread of its own: a browser's tests leave a running loop in the main one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
