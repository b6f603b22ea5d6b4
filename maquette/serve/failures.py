"""What goes wrong, as the client sees it: one JSON object with a code, a sentence, and the limit that was hit.

    {"error": {"code": "too_large", "message": "...", "limit": 67108864, "value": 90000000}}

Nothing about the inside of the server leaves it: an error that nobody foresaw is a 500 that says no more than that.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request

from maquette.errors import FileError, InputError, MaquetteError

__all__ = ["Failure", "answer_failures", "failure_body"]

_LOG = logging.getLogger("maquette.serve")

_CODES = {
    400: "bad_request",
    401: "unauthorised",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported",
    422: "unusable",
    429: "too_many",
    503: "unavailable",
}


class Failure(HTTPException):
    """A request that is refused: `limit` and `value` say which limit it hit, and with what."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        limit: int | float | None = None,
        value: int | float | None = None,
        headers: Mapping[str, str] | None = None,
        refused: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__(status, message, dict(headers or {}))
        self.body = failure_body(status, message, limit=limit, value=value)
        if refused is not None:
            self.body["refused"] = refused


def failure_body(
    status: int, message: str, *, limit: int | float | None = None, value: int | float | None = None
) -> dict[str, Any]:
    """Return the JSON object that tells a client of a failure."""
    code = _CODES.get(status, "failed" if status >= 500 else "refused")
    return {"error": {"code": code, "message": message, "limit": limit, "value": value}}


def answer_failures(app: FastAPI) -> None:
    """Have the application answer every failure in this form."""
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(MaquetteError, _on_maquette)
    app.add_exception_handler(Exception, _on_anything)


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if isinstance(error, Failure):
        body = error.body
    else:
        body = failure_body(error.status_code, str(error.detail or HTTPStatus(error.status_code).phrase))
    return JSONResponse(body, error.status_code, dict(error.headers or {}))


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = " ".join(str(place) for place in first.get("loc", ()))
    return JSONResponse(failure_body(422, f"{where}: {first.get('msg', 'is not valid')}"), 422)


async def _on_maquette(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, FileError):
        # The name under which the server keeps a file says nothing to its client.
        return JSONResponse(failure_body(422, error.reason), 422)
    if isinstance(error, InputError):
        return JSONResponse(failure_body(422, str(error)), 422)
    _LOG.error("the collection cannot be used", extra={"fields": {"error": str(error)}})
    return JSONResponse(failure_body(503, "the collection cannot be used; the server's log says why"), 503)


async def _on_anything(request: Request, error: Exception) -> JSONResponse:
    # Starlette raises it again after this answer, and the guard writes it to the log.
    return JSONResponse(failure_body(500, "the server failed; its log says why"), 500)
