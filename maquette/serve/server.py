"""Running the service in this process until it is told to stop."""

from __future__ import annotations

import logging

import uvicorn

from maquette.serve.app import create_app
from maquette.serve.logs import log_to_stderr
from maquette.serve.service import Service

__all__ = ["serve"]

_LOG = logging.getLogger("maquette.serve")


def serve(service: Service) -> None:
    """Answer requests until SIGTERM or SIGINT; then what runs is finished, at most `stop_seconds` long."""
    log_to_stderr()
    settings = service.settings
    config = uvicorn.Config(
        create_app(service),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        # Who a client is, is what rates are counted by: nobody may say it in a header.
        proxy_headers=False,
        server_header=False,
        date_header=True,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=settings.stop_seconds,
        h11_max_incomplete_event_size=65_536,
        ws="none",
    )
    _LOG.info(
        "listening",
        extra={"fields": {"host": settings.host, "port": settings.port, "items": len(service.library.index)}},
    )
    uvicorn.Server(config).run()
