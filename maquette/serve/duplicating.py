"""The route for near-duplicates: looked for in the background, kept until the collection changes, never removed."""

from __future__ import annotations

import logging
from dataclasses import asdict
from threading import Lock, Thread
from typing import Any

from fastapi import APIRouter

from maquette.errors import MaquetteError
from maquette.serve.failures import Failure
from maquette.serve.schemas import DuplicatesAnswer
from maquette.serve.service import Service

__all__ = ["Duplicates", "duplicate_routes"]

_LOG = logging.getLogger("maquette.serve")


class Duplicates:
    """What is known of the near-duplicates of a service's collection."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = Lock()
        self._version = -1
        self._running = False
        self._state: str = "done"
        self._groups: list[dict[str, Any]] = []

    def answer(self) -> DuplicatesAnswer:
        """Return the groups of the newest version, or that they are being looked for, which this begins."""
        index = self._service.library.index
        index.refresh()
        most = self._service.settings.items_compared
        if len(index) > most:
            raise Failure(
                413, f"{len(index)} items: expected at most {most} to compare here", limit=most, value=len(index)
            )
        with self._lock:
            version = index.version
            if version != self._version and not self._running:
                self._running = True
                Thread(target=self._look, args=(version,), name="duplicates", daemon=True).start()
            if self._running:
                return DuplicatesAnswer(state="running", version=version, groups=[])
            state = "failed" if self._state == "failed" else "done"
            return DuplicatesAnswer.model_validate({"state": state, "version": version, "groups": self._groups})

    def _look(self, version: int) -> None:
        from maquette.search.duplicates import find_duplicates  # here: it needs scipy, which takes long to import

        groups: list[dict[str, Any]] = []
        state = "done"
        try:
            library = self._service.library
            report = find_duplicates(library.collection, sandbox=self._service.own_files)
            for group in report.groups:
                pairs = [{**asdict(pair), "sentence": pair.sentence()} for pair in group.pairs]
                groups.append({"ids": list(group.ids), "tier": group.tier, "pairs": pairs})
        except (MaquetteError, OSError, ValueError):
            _LOG.exception("near-duplicates cannot be found")
            state = "failed"
        with self._lock:
            self._running, self._version, self._state, self._groups = False, version, state, groups


def duplicate_routes(service: Service) -> APIRouter:
    """Return the route over a service."""
    routes = APIRouter(prefix="/api", tags=["collection"])
    known = Duplicates(service)

    @routes.get("/duplicates")
    def duplicates() -> DuplicatesAnswer:
        """Return groups of items that are one shape, with evidence; `running` while they are looked for: ask again."""
        return known.answer()

    return routes
