"""The application as a whole: its description, fuzzed from it, and what it says of itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

from maquette.serve import Settings
from tests.serve.serve_cases import Live, live


@pytest.fixture(scope="module")
def open_service(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service that never says "too many", over a collection that anything may be done to."""
    copy = tmp_path_factory.mktemp("fuzzed") / "collection"
    shutil.copytree(folder / "collection", copy, ignore=shutil.ignore_patterns("service"))
    often = 10**6
    free = Settings(searches_per_minute=often, uploads_per_minute=often, reads_per_minute=often, jobs_waiting=often)
    with live(copy, free) as service:
        yield service


def test_no_request_makes_it_fail(open_service: Live) -> None:
    """Ten requests that the description allows for each way in, made up of its types and edges."""
    description = schemathesis.openapi.from_url(open_service.address + "/api/openapi.json")
    asked: dict[str, int] = {}

    def ask(case: Any) -> None:
        response = case.call()
        assert response.status_code < 500, f"{case.as_curl_command()}: {response.text}"
        if response.status_code >= 400:
            assert response.json()["error"]["message"]
        asked[case.operation.label] = asked.get(case.operation.label, 0) + 1

    for found in description.get_all_operations():
        assert isinstance(found, Ok), "the description is sound"
        fuzz = given(case=found.ok().as_strategy())(ask)
        settings(
            max_examples=10,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        )(fuzz)()
    assert len(asked) == 21 and min(asked.values()) >= 1


def test_the_description_names_every_way_in(shared: Live) -> None:
    described = shared.ask("GET", "/api/openapi.json").json()
    ways = {(method.upper(), path) for path, methods in described["paths"].items() for method in methods}
    assert ways == {
        ("POST", "/api/search"),
        ("GET", "/api/queries"),
        ("GET", "/api/query_model"),
        ("GET", "/api/explain"),
        ("POST", "/api/batch"),
        ("GET", "/api/collection"),
        ("GET", "/api/items"),
        ("GET", "/api/item"),
        ("DELETE", "/api/item"),
        ("GET", "/api/thumbnail"),
        ("GET", "/api/turntable"),
        ("GET", "/api/model"),
        ("GET", "/api/file"),
        ("GET", "/api/duplicates"),
        ("POST", "/api/jobs"),
        ("GET", "/api/jobs"),
        ("GET", "/api/jobs/{id}"),
        ("DELETE", "/api/jobs/{id}"),
        ("GET", "/api/health"),
        ("GET", "/api/ready"),
        ("GET", "/metrics"),
    }
    assert "https://" not in json.dumps(described)


def test_metrics_are_collected(shared: Live) -> None:
    shared.ask("GET", "/api/collection")
    text = shared.ask("GET", "/metrics").text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(values["maquette_items"]) == 8
    assert float(values['maquette_requests_total{method="GET",route="/api/collection",status="200"}']) >= 1


def test_paths_that_lead_out_of_the_page_are_not_there(shared: Live) -> None:
    for path in ("/page/../app.py", "/page/%2e%2e/app.py", "/page/..%2fapp.py", "/page//etc/passwd"):
        raw: Any = shared.ask("GET", path, follow_redirects=True)
        assert raw.status_code == 404, path
