"""A service that says what a test wants, over the page's real files: made objects, and answers that tests may change.

It keeps to the addresses and objects of `maquette.serve`, sends its headers, and counts what is asked. It looks at
nothing that is uploaded but names and sizes: what it finds is told by the first letters of a file's name.
"""

from __future__ import annotations

import json
import mimetypes
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image

import maquette.serve
from maquette.geometry import Mesh, normalise, write_mesh
from maquette.geometry.cameras import ring_cameras
from maquette.geometry.procedural import CLASSES
from maquette.geometry.render import render
from maquette.index.where import matches, parse_where
from maquette.search.previews import TURNTABLE_FRAMES
from maquette.serve.guard import HEADERS

PAGE = Path(maquette.serve.__file__).parent / "page"
SHAPES = ("bowl", "chair", "hammer", "house", "stool", "vase")
EACH = 2
QUERY = "0123456789abcdef" * 2
Reply = tuple[int, Any]


def failing(status: int, code: str, message: str, **more: Any) -> Reply:
    """An answer as the service gives it when something is wrong."""
    return status, {"error": {"code": code, "message": message, "limit": None, "value": None, **more}}


@dataclass
class Pretend:
    """What the service holds and says; `say[path]` is called instead of the usual answer."""

    folder: Path
    library: dict[str, dict[str, Any]] = field(default_factory=dict)
    say: dict[str, Callable[[dict[str, list[str]]], Reply]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    uploads: list[dict[str, Any]] = field(default_factory=list)
    token: str | None = None
    calibrated: bool = True
    held: threading.Event | None = None
    limits: dict[str, float] = field(default_factory=lambda: {"file_bytes": 2.0**20, "job_bytes": 2.0**22})
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self.items = dict(self.library)

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Some objects of a few classes, with their pictures and models."""
        service = cls(folder)
        builders = {spec.name: spec.build for spec in CLASSES}
        for row, name in enumerate(SHAPES):
            for number in range(EACH):
                id_ = f"{name}/{name}-{number:05}.stl"
                path = folder / f"{name}-{number}.stl"
                mesh = normalise(builders[name](np.random.default_rng(10 * row + number)))
                write_mesh(mesh, path)
                write_mesh(mesh, path.with_suffix(".glb"))
                _draw(mesh, path.with_suffix(".png"))
                metadata = {
                    "class": name,
                    "format": "stl",
                    "faces": len(mesh.faces),
                    "vertices": len(mesh.vertices),
                    "bytes": path.stat().st_size,
                    "added": f"2026-0{number + 1}-15T10:00:00+00:00",
                    "assumed": {"up": "z", "up_assumed": True, "radius": 12.5},
                }
                service.library[id_] = metadata
        service.fresh()
        return service

    def address(self, path: str = "/") -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}{path}"

    def fresh(self) -> None:
        """Forget what a test has changed."""
        blank = Pretend(self.folder, self.library, port=self.port)
        self.__dict__.update(blank.__dict__)

    def file(self, id_: str, ending: str) -> Path:
        """An item's file of one kind."""
        class_name, number = re.findall(r"([a-z]+)-(\d+)\.stl$", id_)[0]
        return self.folder / f"{class_name}-{int(number)}{ending}"

    def hits(self, wanted: str, where: list[str], k: int) -> list[dict[str, Any]]:
        """Items that match: those of the wanted class are likely, two similar, the rest weak."""
        conditions = parse_where(where)
        kept = [id_ for id_, metadata in self.items.items() if matches(metadata, conditions)]
        kept.sort(key=lambda id_: (not id_.startswith(wanted), id_))
        found = []
        for rank, id_ in enumerate(kept[:k], start=1):
            likely = id_.startswith(wanted)
            probability = 0.99 - rank / 100 if likely else max(0.02, 0.9 - 0.09 * rank)
            band = "likely" if likely else "similar" if probability >= 0.5 else "weak"
            score = round(1.0 - 0.05 * rank, 3)
            found.append(
                {
                    "rank": rank,
                    "id": id_,
                    "class": self.items[id_]["class"],
                    "score": score,
                    "probability": probability if self.calibrated else None,
                    "band": band if self.calibrated else "similar",
                    "thumbnail": f"/api/thumbnail?id={id_}&v=1",
                    "scores": {"image": score, "pointcloud": score - 0.1, "mesh": score - 0.05},
                    "metadata": self.items[id_],
                }
            )
        return found

    def answer(self, query: list[dict[str, Any]], refused: list[dict[str, str]], where: list[str], k: int) -> Any:
        """The answer to a query."""
        first = next((part["name"] for part in query if part["weight"] > 0), "")
        return {
            "query_id": QUERY,
            "query": query,
            "refused": refused,
            "hits": self.hits(first.split("/")[0].split("-")[0].split(".")[0], where, k),
            "rejected": first.startswith("strange"),
            "covering": 3 if self.calibrated else None,
            "seconds": {"read": 0.03, "encode": 0.01, "search": 0.001},
            "items": len(self.items),
            "version": 4,
            "exact": True,
        }

    def classes(self) -> dict[str, int]:
        """How many items each class has."""
        names = [metadata["class"] for metadata in self.items.values()]
        return {name: names.count(name) for name in sorted(set(names))}


def _draw(mesh: Mesh, path: Path) -> None:
    frames = render(mesh, ring_cameras(TURNTABLE_FRAMES), resolution=64, supersample=1)
    Image.fromarray(np.concatenate(list(frames), axis=1)).save(path)


def _thumbnail(service: Pretend, id_: str) -> bytes:
    with Image.open(service.file(id_, ".png")) as strip:
        picture = BytesIO()
        strip.crop((0, 0, strip.height, strip.height)).save(picture, "PNG")
    return picture.getvalue()


def _search(service: Pretend, form: list[Message]) -> Reply:
    texts: dict[str, list[str]] = {}
    query: list[dict[str, Any]] = []
    refused = []
    for part in form:
        name = str(part.get_param("name", header="content-disposition"))
        file = part.get_filename()
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if file is None:
            texts.setdefault(name, []).append(content.decode())
            continue
        ending = Path(file).suffix
        known = {".png": "image", ".jpg": "image", ".xyz": "pointcloud", ".stl": "mesh", ".off": "mesh"}
        service.uploads.append({"field": name, "name": file, "bytes": len(content)})
        if file.startswith("broken") or ending not in known:
            refused.append({"name": file, "reason": "line 3: expected 3 numbers, found 'x y'"})
        else:
            modality = name if name != "file" else known[ending]
            assumed = {"up": "z", "up_assumed": True, "points_in_file": 48_000} if modality != "image" else {}
            query.append({"part": len(query), "name": file, "modality": modality, "weight": 1.0, "assumed": assumed})
    for kind in ("like", "unlike"):
        for id_ in texts.get(kind, []):
            query.append({"part": len(query), "name": id_, "modality": "item", "weight": 1.0, "assumed": {}})
    weights = json.loads(texts.get("weights", ["[]"])[0])
    service.uploads.append({"weights": weights, "k": texts.get("k"), "where": texts.get("where", [])})
    if not query:
        message = f"{refused[0]['name']}: {refused[0]['reason']}" if refused else "nothing to search by"
        return failing(422, "unusable_file", message)
    if not refused:
        for part_, weight in zip(query, weights, strict=True):
            part_["weight"] = -abs(weight) if part_["name"] in texts.get("unlike", []) else weight
    service.kept[QUERY] = {"query": query}
    return 200, service.answer(query, refused, texts.get("where", []), int(texts.get("k", ["10"])[0]))


def _get(service: Pretend, path: str, asked: dict[str, list[str]]) -> Reply:
    one = {name: values[0] for name, values in asked.items()}
    if path == "/api/collection":
        return 200, {
            "name": "Showroom",
            "items": len(service.items),
            "classes": service.classes(),
            "modalities": ["image", "pointcloud", "mesh"],
            "fingerprint": "3f9ac1d2e4b5",
            "version": 4,
            "calibrated": service.calibrated,
            "writable": True,
            "limits": service.limits,
        }
    if path == "/api/items":
        conditions = parse_where(asked.get("where", []))
        ids = [id_ for id_, metadata in service.items.items() if matches(metadata, conditions)]
        offset, limit = int(one.get("offset", 0)), int(one.get("limit", 100))
        return 200, {
            "total": len(ids),
            "offset": offset,
            "items": [_item(service, id_) for id_ in ids[offset:][:limit]],
        }
    if path == "/api/item":
        return 200, _item(service, one["id"])
    if path == "/api/queries":
        if one["id"] not in service.kept:
            return failing(404, "unknown_query", "the query is not kept any more: make it anew")
        query = service.kept[one["id"]]["query"]
        return 200, service.answer(query, [], asked.get("where", []), int(one.get("k", 10)))
    if path == "/api/explain":
        turn = [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
        alignment = {"rotation": turn, "scale": 1.0, "shift": [0.0, 0.0, 0.0], "mirrored": False}
        alignment |= {"chamfer_before": 0.21, "chamfer_after": 0.012, "f_score_after": 0.94}
        return 200, {"sentence": "The shapes fit when turned by 90°.", "alignment": alignment, "scores": {}}
    if path == "/api/jobs":
        return 200, {"jobs": service.jobs}
    if path == "/api/duplicates":
        ids = list(service.items)[:2]
        return 200, {
            "state": "done",
            "version": 4,
            "groups": [{"tier": "scaled", "ids": ids, "pairs": [{"sentence": "a = b: scaled, scale 2"}]}],
        }
    return (200, {"status": "ok"}) if path == "/api/health" else failing(404, "not_found", f"nothing at {path}")


def _item(service: Pretend, id_: str) -> dict[str, Any]:
    metadata = service.items[id_]
    return {"id": id_, "class": metadata["class"], "thumbnail": f"/api/thumbnail?id={id_}&v=1", "metadata": metadata}


class _Handler(BaseHTTPRequestHandler):
    service: Pretend

    def log_message(self, *_: object) -> None:
        """Say nothing: tests look at what was asked."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/" or url.path.startswith("/page/"):
            self._page(url.path)
            return
        asked = parse_qs(url.query)
        if not self._admit(url.path):
            return
        if url.path in self.service.say:
            self._json(self.service.say[url.path](asked))
        elif url.path == "/api/thumbnail":
            self._bytes(_thumbnail(self.service, asked["id"][0]), "image/png")
        elif url.path in ("/api/turntable", "/api/model", "/api/file"):
            ending = {"turntable": ".png", "model": ".glb", "file": ".stl"}[url.path.split("/")[-1]]
            self._bytes(self.service.file(asked["id"][0], ending).read_bytes(), "application/octet-stream")
        elif url.path == "/api/query_model":
            part = self.service.kept[asked["query"][0]]["query"][int(asked["part"][0])]
            shape = re.split(r"[-./]", part["name"])[0]
            self._bytes(self.service.file(f"{shape}-0.stl", ".glb").read_bytes(), "model/gltf-binary")
        else:
            self._json(_get(self.service, url.path, asked))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        url = urlsplit(self.path)
        if not self._admit(url.path):
            return
        if self.service.held is not None:
            self.service.held.wait(timeout=120)
        if url.path in self.service.say:
            self._json(self.service.say[url.path]({}))
            return
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = BytesParser().parsebytes(head + body).get_payload()
        assert isinstance(form, list)
        if url.path == "/api/jobs":
            files = [str(part.get_filename()) for part in form if isinstance(part, Message) and part.get_filename()]
            job = {
                "id": "j1",
                "state": "running",
                "created": "2026-03-01T09:30:00+00:00",
                "done": 1,
                "total": len(files),
            }
            self.service.jobs.insert(0, {**job, "added": ["a"], "refused": [{"name": files[-1], "reason": "0 faces"}]})
            self._json((202, {"id": "j1"}))
        else:
            self._json(_search(self.service, [part for part in form if isinstance(part, Message)]))

    def _admit(self, path: str) -> bool:
        self.service.asked.append(self.path)
        if self.service.token in (None, self.headers.get("Authorization", "").removeprefix("Bearer ")):
            return True
        self._json(failing(401, "unauthorized", "expected the header Authorization: Bearer TOKEN"))
        return False

    def _page(self, path: str) -> None:
        file = (PAGE / (path.removeprefix("/page/") if path != "/" else "index.html")).resolve()
        if file.is_relative_to(PAGE) and file.is_file():
            self._bytes(file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream")
        else:
            self._json(failing(404, "not_found", path))

    def _json(self, reply: Reply) -> None:
        self._bytes(json.dumps(reply[1]).encode(), "application/json", reply[0])

    def _bytes(self, content: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": kind, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that was stopped, or went to another page, does not listen any more."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def pretending(service: Pretend, port: int = 0) -> Iterator[Pretend]:
    """The service, answering at an address of this machine."""
    server = _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"service": service}))
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
