"""Fetching, from a server on this machine: whole, broken off and taken up, wrong, moved, or brought along."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import numpy as np
import pytest

from maquette.data.downloads import Download, RemoteFile
from maquette.data.fetch import fetch
from maquette.errors import ConfigError, FileError, MaquetteError

MEMBER = np.random.default_rng(0).bytes(300_000)


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr(zipfile.ZipInfo("set/data.bin"), MEMBER)
    return buffer.getvalue()


ARCHIVE = _archive()
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()


@dataclass
class Server:
    """What the server has and does, and the ranges that it was asked for."""

    files: dict[str, bytes]
    url: str = ""
    etag: str = '"one"'
    break_after: list[int] = field(default_factory=list)
    ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server({"/a.zip": ARCHIVE})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            state.asked.append((self.path, wanted))
            data = state.files.get(self.path)
            if data is None:
                self.send_error(404)
                return
            begin = 0
            if wanted and state.ranges and self.headers.get("If-Range") == state.etag:
                begin = int(wanted.removeprefix("bytes=").rstrip("-"))
                if begin >= len(data):
                    self.send_error(416)
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
            else:
                self.send_response(200)
            self.send_header("ETag", state.etag)
            self.send_header("Content-Length", str(len(data) - begin))
            self.end_headers()
            rest = data[begin:]
            self.wfile.write(rest[: state.break_after.pop(0)] if state.break_after else rest)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{served.server_port}"
    thread = Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield state
    served.shutdown()
    served.server_close()
    thread.join()


def _download(*urls: str, sha256: str = SHA256, members: dict[str, str] | None = None) -> Download:
    return Download("set", "modelnet", (RemoteFile("a.zip", urls, sha256, members=members or {}),), "none", ("*.bin",))


def test_a_file_is_fetched_checked_unpacked_and_recorded(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    download = _download(f"{server.url}/a.zip", members={"set/data.bin": hashlib.md5(MEMBER).hexdigest()})
    record = fetch(download, tmp_path, on_progress=lambda done, total: seen.append((done, total)))
    assert (tmp_path / "set" / "data.bin").read_bytes() == MEMBER
    assert record == json.loads((tmp_path / "fetched.json").read_text())
    assert record["a.zip"]["sha256"] == SHA256 and record["a.zip"]["origin"] == f"{server.url}/a.zip"
    assert seen[-1] == (len(ARCHIVE), len(ARCHIVE))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fetched.json", "set"]
    fetch(download, tmp_path)
    assert len(server.asked) == 1, "what is whole is not fetched again"
    (tmp_path / "set" / "data.bin").write_bytes(b"damaged")
    fetch(download, tmp_path)
    assert len(server.asked) == 2 and (tmp_path / "set" / "data.bin").read_bytes() == MEMBER


def test_a_broken_download_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.break_after = [100_000, 50_000]
    fetch(_download(f"{server.url}/a.zip"), tmp_path)
    asked = [wanted for _, wanted in server.asked]
    assert asked == [None, "bytes=100000-", "bytes=150000-"]
    assert (tmp_path / "set" / "data.bin").read_bytes() == MEMBER


def test_a_later_call_goes_on_too(server: Server, tmp_path: Path) -> None:
    server.break_after = [1000, 1000, 1000]
    with pytest.raises(MaquetteError, match=r"a\.zip could not be had"):
        fetch(_download(f"{server.url}/a.zip"), tmp_path)
    fetch(_download(f"{server.url}/a.zip"), tmp_path)
    assert server.asked[-1][1] == "bytes=3000-"


def test_a_file_that_changed_meanwhile_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.zip.part").write_bytes(b"the beginning of something else")
    (tmp_path / "a.zip.part.tag").write_text(f'{server.url}/a.zip\n"old"')
    fetch(_download(f"{server.url}/a.zip"), tmp_path)
    assert server.asked == [("/a.zip", "bytes=31-")]
    assert (tmp_path / "set" / "data.bin").read_bytes() == MEMBER


def test_a_server_without_ranges_and_a_part_that_is_too_long(server: Server, tmp_path: Path) -> None:
    server.ranges, server.break_after = False, [1000]
    fetch(_download(f"{server.url}/a.zip"), tmp_path / "one")
    server.ranges = True
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.zip.part").write_bytes(ARCHIVE + b"more")
    (tmp_path / "two" / "a.zip.part.tag").write_text(f"{server.url}/a.zip\n{server.etag}")
    fetch(_download(f"{server.url}/a.zip"), tmp_path / "two")
    for name in ("one", "two"):
        assert (tmp_path / name / "set" / "data.bin").read_bytes() == MEMBER


def test_mirrors_are_tried_in_order(server: Server, tmp_path: Path) -> None:
    server.files["/wrong.zip"] = ARCHIVE[:-1] + b"?"
    urls = [f"{server.url}/{name}" for name in ("none.zip", "wrong.zip", "a.zip")]
    record = fetch(_download(*urls), tmp_path)
    assert [path for path, _ in server.asked] == ["/none.zip", "/wrong.zip", "/a.zip"]
    assert record["a.zip"]["origin"] == urls[2]
    with pytest.raises(MaquetteError, match=r"none\.zip: 404 Not Found; .*wrong\.zip: has SHA-256 .*bring your copy"):
        fetch(_download(*urls[:2]), tmp_path / "other")
    assert not (tmp_path / "other" / "a.zip").exists()


def test_a_full_disk_is_seen_before(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maquette.data.fetch.shutil.disk_usage", lambda place: type("Usage", (), {"free": 1000})())
    with pytest.raises(MaquetteError, match=rf"a\.zip needs {len(ARCHIVE)} more bytes, 1000 are free"):
        fetch(_download(f"{server.url}/a.zip"), tmp_path)
    assert list(tmp_path.glob("*")) == [] or (tmp_path / "a.zip.part").stat().st_size == 0


def test_a_copy_is_checked_as_a_download_is(tmp_path: Path) -> None:
    mine = tmp_path / "mine.zip"
    mine.write_bytes(ARCHIVE)
    record = fetch(_download(), tmp_path / "out", from_file=mine)
    assert record["a.zip"]["origin"] == "a copy" and mine.exists()
    assert (tmp_path / "out" / "set" / "data.bin").read_bytes() == MEMBER
    with pytest.raises(FileError, match=f"has SHA-256 {SHA256}, expected {'0' * 64}"):
        fetch(_download(sha256="0" * 64), tmp_path / "other", from_file=mine)
    with pytest.raises(FileError, match="is no file: expected your copy"):
        fetch(_download(), tmp_path / "other", from_file=tmp_path / "none.zip")
    for members, reason in (({"set/data.bin": "0" * 32}, "has MD5"), ({"x": "0" * 32}, "holds no x")):
        with pytest.raises(FileError, match=reason):
            fetch(_download(members=members), tmp_path / "third", from_file=mine)


def test_an_archive_of_something_else_is_not_recorded(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as packed:
        packed.writestr("set/readme.txt", b"")
    with pytest.raises(FileError, match=r"holds no \*\.bin: expected set as it is published"):
        fetch(_download(sha256=""), tmp_path / "out", from_file=tmp_path / "other.zip")
    (tmp_path / "mine.zip").write_bytes(ARCHIVE)
    fetch(_download(sha256=""), tmp_path / "out", from_file=tmp_path / "mine.zip")
    assert (tmp_path / "out" / "set" / "data.bin").read_bytes() == MEMBER


def test_a_page_that_says_sorry_is_no_archive(server: Server, tmp_path: Path) -> None:
    server.files["/sorry.zip"] = b"<html>\n <body>Moved to our new home</body></html>"
    record = fetch(_download(f"{server.url}/sorry.zip", f"{server.url}/a.zip", sha256=""), tmp_path / "one")
    assert record["a.zip"]["origin"] == f"{server.url}/a.zip"
    with pytest.raises(MaquetteError, match=r"is not a\.zip: .* begins with the text '<html> <body>Moved to our"):
        fetch(_download(f"{server.url}/sorry.zip", sha256=""), tmp_path / "two")
    (tmp_path / "c.toml").write_text('[data]\nname = "modelnet"\n')
    with pytest.raises(FileError, match=r"c\.toml: is not a\.zip: expected a ZIP or tar archive, .*'\[data\] name = "):
        fetch(_download(sha256=""), tmp_path / "two", from_file=tmp_path / "c.toml")
    assert list((tmp_path / "two").iterdir()) == []
    (tmp_path / "two" / "a.zip").write_bytes(ARCHIVE[:-100])
    with pytest.raises(FileError, match="it is cut short: get it again"):
        fetch(_download(sha256=""), tmp_path / "two")
    assert [path.name for path in (tmp_path / "two").iterdir()] == ["a.zip"], "nothing is recorded"


def test_a_file_that_is_no_archive_is_copied(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", a=np.zeros(3))
    download = Download("set", "wikipedia", (RemoteFile("features.npz", ()),), "none", ("*.npz",))
    fetch(download, tmp_path / "out", from_file=tmp_path / "mine.npz")
    assert np.load(tmp_path / "out" / "features.npz").files == ["a"]


def test_what_cannot_be_fetched_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"set cannot be fetched \(none\): expected --from FILE"):
        fetch(_download(), tmp_path)
    two = Download("set", "modelnet", (RemoteFile("a.zip", ()), RemoteFile("b.zip", ())), "none", ("*.bin",))
    with pytest.raises(ConfigError, match=r"consists of a\.zip, b\.zip"):
        fetch(two, tmp_path, from_file=tmp_path / "a.zip")


def test_a_dead_address_is_named(tmp_path: Path) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    with (
        httpx.Client(transport=httpx.MockTransport(refuse)) as client,
        pytest.raises(MaquetteError, match="ConnectError"),
    ):
        fetch(_download("http://example.invalid/a.zip"), tmp_path, client=client)
