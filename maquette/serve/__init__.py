"""The search engine as a service: HTTP over one collection, and the page that uses it.

`maquette serve COLLECTION` runs it; `create_app(Service.open(folder, Settings()))` is the same as an application for
any ASGI server. What is imported from here is loaded when it is asked for: a service needs no client.
"""

from typing import TYPE_CHECKING

from maquette.lazily import load_lazily

if TYPE_CHECKING:
    from maquette.serve.access import Tokens
    from maquette.serve.app import create_app
    from maquette.serve.client import Client
    from maquette.serve.server import serve
    from maquette.serve.service import Service
    from maquette.serve.settings import Settings

__all__ = ["Client", "Service", "Settings", "Tokens", "create_app", "serve"]

if not TYPE_CHECKING:  # else every name would pass for one of the package's
    __getattr__ = load_lazily(
        __name__,
        {
            "Client": "client",
            "Service": "service",
            "Settings": "settings",
            "Tokens": "access",
            "create_app": "app",
            "serve": "server",
        },
    )
