"""The search engine as a service: HTTP over one collection, and the page that uses it.

`maquette serve COLLECTION` runs it; `create_app(Service.open(folder, Settings()))` is the same as an application for
any ASGI server.
"""

from maquette.serve.access import Tokens
from maquette.serve.app import create_app
from maquette.serve.client import Client
from maquette.serve.server import serve
from maquette.serve.service import Service
from maquette.serve.settings import Settings

__all__ = ["Client", "Service", "Settings", "Tokens", "create_app", "serve"]
