"""Looking at items, as a browser does."""

from __future__ import annotations

import httpx

from tests.serve.serve_cases import Live


def get(shared: Live, path: str, **params: str) -> httpx.Response:
    return shared.ask("GET", path, params=params)


def test_files_are_only_ever_saved(shared: Live) -> None:
    answer = get(shared, "/api/file", id="bars/long.off")
    assert answer.headers["content-disposition"] == 'attachment; filename="long.off"'
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_pictures_are_kept_by_browsers_only_under_an_address_with_a_version(shared: Live) -> None:
    item = get(shared, "/api/item", id="plates/wide.off").json()
    assert "immutable" in shared.ask("GET", item["turntable"]).headers["cache-control"]
    assert get(shared, "/api/thumbnail", id="plates/wide.off").headers["cache-control"] == "no-store"
    assert get(shared, "/api/thumbnail", id="../../collection.json").status_code == 404


def test_pages_of_items(shared: Live) -> None:
    whole = get(shared, "/api/items").json()
    ids = [item["id"] for item in whole["items"]]
    assert whole["total"] == 8 and ids == sorted(ids)
    assert [item["id"] for item in get(shared, "/api/items", offset="6").json()["items"]] == ids[6:]
    assert get(shared, "/api/items", offset="99").json()["items"] == []
    assert get(shared, "/api/items", where="class=none").json()["total"] == 0
    for bad in ({"limit": "0"}, {"offset": "-1"}, {"sort": "root"}, {"where": "nothing=1"}, {"where": "x"}):
        assert get(shared, "/api/items", **bad).status_code == 422
