"""What stands before every request: who asks, from where, how often and how much; and what every answer carries.

Order: the Host header (against DNS rebinding), the page a browser asks from (against forged requests), the token and
its role, the client's rate, the number that run at once, the announced size; while the body is read, its true size.
Only then is anything of the request parsed.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maquette.serve.access import Role
from maquette.serve.failures import Failure
from maquette.serve.hosts import is_known_host
from maquette.serve.measures import Measures
from maquette.serve.rates import RateLimiter
from maquette.serve.settings import Settings

__all__ = ["HEADERS", "Guard"]

_LOG = logging.getLogger("maquette.serve")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=()",
}
"""What every answer carries."""

_KINDS = {
    ("POST", "/api/search"): "search",
    ("GET", "/api/queries"): "search",
    ("GET", "/api/explain"): "search",
    ("POST", "/api/jobs"): "upload",
    ("POST", "/api/batch"): "upload",
}
_OPEN = re.compile(r"/|/page(/.*)?|/favicon\.ico|/api/(health|ready)")
"""Paths that need no token: the page itself, which holds nothing of the collection, and whether the service lives."""
_SMALL_BODY = 65_536
_DRAIN_SECONDS = 1.0


class Guard:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, *, settings: Settings, measures: Measures) -> None:
        self._app = app
        self._settings = settings
        self._measures = measures
        self._running: Counter[str] = Counter()
        self._per_minute = {
            "search": settings.searches_per_minute,
            "upload": settings.uploads_per_minute,
            "read": settings.reads_per_minute,
        }
        self._rates = RateLimiter(self._per_minute)
        self._at_once = {"search": settings.searches_at_once, "upload": settings.uploads_at_once}
        self._body_bytes = {
            ("POST", "/api/search"): settings.query_bytes,
            ("POST", "/api/jobs"): settings.job_bytes,
            ("POST", "/api/batch"): settings.job_bytes,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        begun = time.perf_counter()
        number = secrets.token_hex(8)
        method, path = scope["method"], scope["path"]
        kind = _KINDS.get((method, path), "read")
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = number
                if path.startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        self._running[kind] += 1
        self._measures.running.labels(kind).inc()
        try:
            try:
                self._admit(scope, kind)
                body = _Body(receive, self._body_bytes.get((method, path), _SMALL_BODY))
                await body.check(Headers(scope=scope))
            except Failure as failure:
                await JSONResponse(failure.body, failure.status_code, failure.headers)(scope, receive, sending)
            else:
                await self._app(scope, body.receive, sending)
        except Exception:
            _LOG.exception("a request failed", extra={"fields": {"request": number}})
            if status == 500:
                raise
        finally:
            self._running[kind] -= 1
            self._measures.running.labels(kind).dec()
            self._note(scope, number, status, time.perf_counter() - begun)

    def _admit(self, scope: Scope, kind: str) -> None:
        """Raise Failure unless the request may go on."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not is_known_host(host, self._settings.allowed_hosts):
            raise Failure(400, f"Host {host!r}: expected an IP address, localhost, or a name given by --allow-host")
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != host
        if scope["path"] != "/" and (foreign or headers.get("sec-fetch-site") in ("cross-site", "same-site")):
            raise Failure(403, "the request comes from a page of another site")
        client = self._identify(scope, headers)
        wait = self._rates.wait(client, kind)
        if wait > 0.0:
            per_minute = self._per_minute[kind]
            raise Failure(
                429,
                f"more than {per_minute} requests of this kind in a minute: try again in {wait:.1f} s",
                limit=per_minute,
                headers={"Retry-After": str(max(1, round(wait)))},
            )
        most = self._at_once.get(kind)
        if most is not None and self._running[kind] > most:
            raise Failure(
                429,
                f"{most} requests of this kind are being answered: try again in a moment",
                limit=most,
                headers={"Retry-After": "1"},
            )

    def _identify(self, scope: Scope, headers: Headers) -> str:
        """Return whom to count the request for; Failure unless its token allows it."""
        address = (scope.get("client") or ("unknown", 0))[0]
        tokens = self._settings.tokens
        role: Role | None = "writer"
        if tokens:
            scheme, _, token = headers.get("authorization", "").partition(" ")
            role = tokens.role(token.strip()) if scheme.lower() == "bearer" else None
            if role is None and not _OPEN.fullmatch(scope["path"]):
                # Guesses are counted against the address that makes them.
                if self._rates.wait(f"guess {address}", "upload") > 0.0:
                    raise Failure(429, "too many requests without a valid token: try again in a minute")
                raise Failure(
                    401, "expected the header Authorization: Bearer TOKEN", headers={"WWW-Authenticate": "Bearer"}
                )
        if scope["method"] not in ("GET", "HEAD", "OPTIONS") and scope["path"] not in ("/api/search", "/api/batch"):
            if self._settings.read_only:
                raise Failure(403, "the service was started with --read-only")
            if role != "writer":
                raise Failure(403, "a reader's token cannot change the collection: expected a writer's")
        scope.setdefault("state", {})["role"] = role
        return address

    def _note(self, scope: Scope, number: str, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self._measures.requests.labels(scope["method"], route, str(status)).inc()
        self._measures.seconds.labels(route).observe(seconds)
        fields: dict[str, Any] = {
            "request": number,
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "milliseconds": round(1000 * seconds, 1),
            "client": (scope.get("client") or ("unknown", 0))[0],
        }
        _LOG.log(logging.INFO if status < 500 else logging.ERROR, "answered", extra={"fields": fields})


class _Body:
    """A request's body, counted while it is read."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._read = 0

    async def check(self, headers: Headers) -> None:
        """Raise Failure if the body says that it is too large; some of it is read first, so that the client listens."""
        announced = headers.get("content-length", "0")
        if not announced.isdecimal():
            raise Failure(400, f"Content-Length {announced!r}: expected a whole number")
        if int(announced) > self._most:
            await self._drain()
            raise self._failure(int(announced))

    async def receive(self) -> Message:
        """Return the next piece; Failure as soon as there are too many bytes."""
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if self._read > self._most:
            value = self._read
            await self._drain()
            raise self._failure(value)
        return message

    async def _drain(self) -> None:
        """Read on for a moment and forget it: a client that is cut off while it sends may never see the answer."""
        with anyio.move_on_after(_DRAIN_SECONDS):
            while True:
                message = await self._receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return

    def _failure(self, value: int) -> Failure:
        return Failure(
            413, f"a body of {value} bytes or more: expected at most {self._most}", limit=self._most, value=value
        )
