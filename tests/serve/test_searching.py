"""The search interface as a page or curl uses it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from maquette.geometry import read_mesh
from tests.serve.serve_cases import Live


def post(shared: Live, files: list[tuple[str, Any]], **data: Any) -> httpx.Response:
    return shared.ask("POST", "/api/search", files=files or None, data=data)


def test_addresses_in_an_answer_lead_somewhere(shared: Live, folder: Path, tmp_path: Path) -> None:
    mesh = (folder / "models" / "bars" / "long.off").read_bytes()
    answer = post(shared, [("file", ("../../my bar.off", mesh))], k="1").json()
    (hit,) = answer["hits"]
    assert answer["query"][0]["name"] == "my bar.off"
    assert shared.ask("GET", hit["thumbnail"]).headers["cache-control"].endswith("immutable")
    model = shared.ask(
        "GET",
        "/api/query_model",
        params={"query": answer["query_id"], "part": 0},
    )
    (tmp_path / "query.glb").write_bytes(model.content)
    assert len(read_mesh(tmp_path / "query.glb").faces) == 12
    for part in (1, 99):
        gone = shared.ask(
            "GET",
            "/api/query_model",
            params={"query": answer["query_id"], "part": part},
        )
        assert gone.status_code == 404
    why = shared.ask(
        "GET",
        "/api/explain",
        params={"query": answer["query_id"], "id": hit["id"]},
    ).json()
    assert why["id"] == hit["id"] and why["parts"][0]["name"] == "my bar.off" and why["sentence"]
    assert set(why["alignment"]) >= {"rotation", "mirrored"}
    assert str(folder) not in str(why)


@pytest.mark.parametrize(
    ("files", "data", "status"),
    [
        ([], {}, 422),
        ([], {"like": ["no such item"]}, 404),
        ([], {"like": ["bars/long.off"], "k": "0"}, 422),
        ([], {"like": ["bars/long.off"], "where": ["nonsense"]}, 422),
        ([], {"like": ["bars/long.off"], "where": ["colour=red"]}, 422),
        ([], {"like": ["bars/long.off"], "weights": "[0]"}, 422),
        ([], {"like": ["bars/long.off"], "weights": "[1e999]"}, 422),
        ([], {"like": ["bars/long.off"] * 17}, 413),
        ([("image", ("a.off", b"OFF"))], {}, 415),
        ([("mesh", ("a.png", b"\x89PNG"))], {}, 415),
        ([("file", ("a.png", b"\x89PNG"))], {}, 422),
    ],
)
def test_what_cannot_be_asked(shared: Live, files: list[Any], data: dict[str, Any], status: int) -> None:
    before = len(list((shared.service.library.state / "queries").iterdir()))
    answer = post(shared, files, **data)
    assert answer.status_code == status and answer.json()["error"]["message"]
    assert len(list((shared.service.library.state / "queries").iterdir())) == before
