"""Every failure has one form, and an unforeseen one tells nothing of the inside."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from maquette.errors import CollectionError, FileError, InputError
from maquette.serve.failures import Failure, answer_failures, failure_body
from tests.serve.serve_cases import finished


def ask(app: FastAPI, method: str, path: str) -> httpx.Response:
    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path)

    return finished(answer())


@pytest.mark.parametrize(
    ("error", "status", "code", "message"),
    [
        (Failure(413, "too much", limit=3, value=4), 413, "too_large", "too much"),
        (FileError("/home/secret/0.off", "is empty"), 422, "unusable", "is empty"),
        (InputError("k = 0"), 422, "unusable", "k = 0"),
        (CollectionError("/home/secret: damaged"), 503, "unavailable", "the server's log says why"),
        (ZeroDivisionError("/home/secret"), 500, "failed", "its log says why"),
    ],
)
def test_form(error: Exception, status: int, code: str, message: str) -> None:
    app = FastAPI()
    answer_failures(app)

    @app.get("/")
    def fail() -> None:
        raise error

    answer = ask(app, "GET", "/")
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code and message in answer.json()["error"]["message"]
    assert "secret" not in answer.text


def test_what_is_not_there_and_not_valid() -> None:
    app = FastAPI()
    answer_failures(app)

    @app.get("/number")
    def number(k: int) -> int:
        return k

    assert ask(app, "GET", "/none").json() == failure_body(404, "Not Found")
    wrong = ask(app, "GET", "/number?k=many")
    assert wrong.status_code == 422 and "query k" in wrong.json()["error"]["message"]
    assert ask(app, "POST", "/number").json()["error"]["code"] == "method_not_allowed"
