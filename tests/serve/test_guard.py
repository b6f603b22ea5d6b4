"""What stands before every request: hosts, origins, tokens, roles, rates and sizes; and what every answer carries."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from maquette.serve import Settings, Tokens
from maquette.serve.guard import HEADERS, Guard
from maquette.serve.measures import Measures
from tests.serve.serve_cases import Live, finished, live

READER, WRITER = "reader-token-of-the-tests", "writer-token-of-the-tests"


@pytest.fixture(scope="module")
def guarded(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    environment = {"MAQUETTE_READER_TOKEN": READER, "MAQUETTE_WRITER_TOKEN": WRITER}
    settings = Settings(
        tokens=Tokens.read(environment=environment), query_bytes=200_000, file_bytes=100_000, uploads_per_minute=600
    )
    copy = tmp_path_factory.mktemp("guarded") / "collection"  # one service at a time may write to a collection
    shutil.copytree(folder / "collection", copy, ignore=shutil.ignore_patterns("service"))
    with live(copy, settings) as service:
        yield service


def ask(live: Live, method: str, path: str, *, token: str | None = None, **request: Any) -> httpx.Response:
    headers = dict(request.pop("headers", {}))
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return live.ask(method, path, headers=headers, **request)


def code(response: httpx.Response) -> str:
    return str(response.json()["error"]["code"])


def test_every_answer_carries_the_headers(shared: Live) -> None:
    for path in ("/api/health", "/api/item?id=none", "/nowhere", "/metrics"):
        answer = ask(shared, "GET", path)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (path, name)
        assert "access-control-allow-origin" not in answer.headers
        assert "http" not in HEADERS["Content-Security-Policy"] and "unsafe" not in HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "a b"])
def test_names_that_lead_here_from_elsewhere_are_refused(shared: Live, host: str) -> None:
    assert ask(shared, "GET", "/api/health", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_pages_of_other_sites_can_do_nothing(shared: Live, headers: dict[str, str]) -> None:
    answer = ask(shared, "POST", "/api/jobs", headers=headers, files={"file": ("a.off", b"OFF")})
    assert (answer.status_code, code(answer)) == (403, "forbidden")
    assert ask(shared, "GET", "/api/health", headers={"Origin": shared.address}).status_code == 200


def test_tokens_and_roles(guarded: Live) -> None:
    assert ask(guarded, "GET", "/api/health").status_code == 200
    for token in (None, "wrong", READER[:-1], READER + "x"):
        answer = ask(guarded, "GET", "/api/collection", token=token)
        assert (answer.status_code, code(answer)) == (401, "unauthorised")
    assert ask(guarded, "GET", "/metrics").status_code == 401
    assert ask(guarded, "GET", "/api/collection", token=READER).json()["writable"] is False
    assert ask(guarded, "GET", "/api/collection", token=WRITER).json()["writable"] is True
    removal = ask(guarded, "DELETE", "/api/item?id=bars/long.off", token=READER)
    assert (removal.status_code, code(removal)) == (403, "forbidden")
    assert ask(guarded, "DELETE", "/api/item?id=none", token=WRITER).status_code == 404
    upload = ask(guarded, "POST", "/api/jobs", token=READER, files={"file": ("a.off", b"OFF")})
    assert upload.status_code == 403


def test_a_body_that_is_too_large_is_answered_413(guarded: Live) -> None:
    big = b"x" * 300_000
    answer = ask(guarded, "POST", "/api/search", token=READER, files={"file": ("a.off", big)})
    assert (answer.status_code, code(answer)) == (413, "too_large")
    assert answer.json()["error"]["limit"] == 200_000 and answer.json()["error"]["value"] >= 300_000

    def pieces() -> Iterator[bytes]:  # nobody says beforehand how much comes
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.off"\r\n\r\n'
        for _ in range(300):
            yield b"x" * 1000

    chunked = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = ask(guarded, "POST", "/api/search", token=READER, headers=chunked, content=pieces())
    assert (answer.status_code, code(answer)) == (413, "too_large")
    one = ask(guarded, "POST", "/api/search", token=READER, files={"file": ("a.off", b"x" * 150_000)})
    assert (one.status_code, one.json()["error"]["limit"]) == (413, 100_000)


def test_a_client_that_asks_too_often_is_told_when_to_come_back(folder: Path) -> None:
    with live(folder / "collection", Settings(reads_per_minute=1, read_only=True)) as service:
        answers = [ask(service, "GET", "/api/collection") for _ in range(3)]
    assert answers[0].status_code == 200
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    assert code(refused[0]) == "too_many" and refused[0].json()["error"]["limit"] == 1


def test_overload_is_answered_429_while_the_rest_goes_on() -> None:
    go_on = asyncio.Event()
    statuses: list[int] = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def request(guard: Guard) -> None:
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/api/search",
            "headers": [(b"host", b"127.0.0.1")],
            "client": ("127.0.0.1", 1),
        }

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        await guard(scope, receive, send)

    async def main() -> None:
        guard = Guard(slow, settings=Settings(searches_at_once=3), measures=Measures())
        running = [asyncio.create_task(request(guard)) for _ in range(8)]
        await asyncio.sleep(0)
        while len(statuses) < 5:
            await asyncio.sleep(0.001)
        assert statuses == [429] * 5  # while three still run
        go_on.set()
        await asyncio.gather(*running)
        await request(guard)

    finished(main())
    assert statuses == [429] * 5 + [200] * 4


def test_read_only_means_nobody_writes(folder: Path) -> None:
    with live(folder / "collection", Settings(read_only=True)) as service:
        assert ask(service, "DELETE", "/api/item?id=bars/long.off").status_code == 403
        assert ask(service, "POST", "/api/jobs", files={"file": ("a.off", b"OFF")}).status_code == 403
        assert ask(service, "GET", "/api/collection").json()["writable"] is False
        assert ask(service, "GET", "/api/item?id=bars/long.off").status_code == 200


def test_many_clients_at_once_get_their_own_answers(shared: Live) -> None:
    ids = ["bars/long.off", "bars/short.off", "plates/wide.off", "scans/blob.xyz"]
    wrong: list[str] = []

    def work(id_: str) -> None:
        for _ in range(5):
            answer = ask(shared, "POST", "/api/search", data={"like": [id_], "k": "3"})
            if answer.status_code != 200 or answer.json()["query"][0]["name"] != id_:
                wrong.append(answer.text)

    threads = [threading.Thread(target=work, args=(id_,)) for id_ in ids * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
