"""A service in a process that can be killed, and somebody who writes down what it acknowledged."""

from __future__ import annotations

import multiprocessing
import random
import socket
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import uvicorn

from maquette.errors import ServiceError
from maquette.geometry import write_mesh
from maquette.search import Collection, Engine
from maquette.serve import Client, Service, Settings, create_app
from tests.search.search_cases import box

FORKING = multiprocessing.get_context("forkserver")
# What takes seconds to import is imported once; lance is not among it, for it must not be forked, but most of what its
# Python side brings along is.
FORKING.set_forkserver_preload(["tests.serve.kill_cases", "maquette.serve.app", "pyarrow.dataset", "lance_namespace"])
NAMES = [f"box{number}" for number in range(8)]
FREE = Settings(
    searches_per_minute=10**6, uploads_per_minute=10**6, reads_per_minute=10**6, jobs_waiting=10**6, uploads_at_once=9
)


def run_service(folder: Path, out: Connection) -> None:
    """Serve until killed; files are read in this process, for they are sound and what is tested is the writing."""
    engine = Engine(Collection.open(folder))
    engine.sandbox = None
    app = create_app(Service.over(engine, FREE))
    listening = socket.create_server(("127.0.0.1", 0))
    out.send(listening.getsockname()[1])
    uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none")).run([listening])


@dataclass
class Witness:
    """Kills a service over and over, and compares what is there with what was acknowledged.

    `there` leads from an item's id to the possible contents of its file; None stands for "no such item". There are
    several where an answer never came.
    """

    folder: Path
    scratch: Path
    random: random.Random
    there: dict[str, set[bytes | None]] = field(default_factory=dict)
    acknowledged: int = 0
    restarts: list[float] = field(default_factory=list)

    def round(self) -> None:
        """Start the service, check everything, write until it is killed at a moment nobody chose."""
        process, client = self.start()
        with client:
            self.check(client)
            # After some writes, so that a slow machine acknowledges as many as a fast one; then at any moment.
            timer = threading.Timer(self.random.uniform(0.0, 0.2), process.kill)
            try:
                for _ in range(self.random.randint(0, 5)):
                    self.write(client)
                timer.start()
                while True:
                    self.write(client)
            except ServiceError as error:
                assert error.code == "unreachable", error
            finally:
                timer.join()
                process.join()

    def start(self) -> tuple[BaseProcess, Client]:
        """Return a service that answers, and a client of it."""
        begun = time.monotonic()
        ours, theirs = FORKING.Pipe(duplex=False)
        process = FORKING.Process(target=run_service, args=(self.folder, theirs))
        process.start()
        theirs.close()
        client = Client(f"http://127.0.0.1:{ours.recv()}", timeout=300.0)
        while True:
            try:
                client.ready()
            except ServiceError:
                assert process.is_alive(), "the service did not come back"
            else:
                break
        self.restarts.append(time.monotonic() - begun)
        return process, client

    def check(self, client: Client) -> None:
        """Wait for the jobs that were accepted; then every item must be what was acknowledged."""
        while unfinished := [job for job in client.jobs().jobs if job.state in ("queued", "running")]:
            client.wait(unfinished[-1].id)
        assert not [job for job in client.jobs().jobs if job.state == "failed" or job.refused]
        items = {item.id for item in client.every_item()}
        for id_, possible in self.there.items():
            found = client.file(id_) if id_ in items else None
            assert found in possible, f"{id_}: is {found!r}, was acknowledged as {possible!r}"
            self.there[id_] = {found}

    def write(self, client: Client) -> None:
        """Add, replace or remove something, and note what may be so if the answer does not come."""
        if self.random.random() < 0.35 and self.there:
            id_ = self.random.choice(sorted(self.there))
            before = self.there[id_]
            self.there[id_] = before | {None}
            try:
                client.remove(id_)
            except ServiceError as error:
                if error.status != 404:
                    raise
                self.there[id_] = before  # an add that was accepted may still be on its way
            else:
                self.there[id_] = {None}
                self.acknowledged += 1
            return
        paths = []
        for name in self.random.sample(NAMES, self.random.randint(1, 3)):
            path = self.scratch / f"{name}.off"
            write_mesh(box(*(self.random.uniform(1, 9) for _ in range(3))), path)
            paths.append(path)
        new = {f"boxes/{path.name}": path.read_bytes() for path in paths}
        for id_, content in new.items():
            self.there[id_] = self.there.get(id_, {None}) | {content}
        client.add(paths, class_name="boxes")
        for id_, content in new.items():
            self.there[id_] = {content}
        self.acknowledged += 1
