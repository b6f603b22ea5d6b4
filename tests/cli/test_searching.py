"""Search by command: parts with weights, explanations, whole folders, and what scores mean."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from maquette.cli.app import app
from maquette.geometry import write_mesh
from maquette.search import UNLIKE, Collection, Engine, Part
from tests.search.search_cases import box, export


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def answer(*words: str | Path) -> dict[str, object]:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output + str(done.exception)
    values = json.loads(done.stdout)
    assert isinstance(values, dict)
    return values


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a collection of 24 boxes in two classes, the files it was made of, and a photo."""
    folder = tmp_path_factory.mktemp("shop")
    rng = np.random.default_rng(0)
    for number in range(12):
        for name, sides in (("bars", (1, 1, 4)), ("plates", (5, 5, 1))):
            (folder / "models" / name).mkdir(parents=True, exist_ok=True)
            write_mesh(box(*(sides + rng.random(3))), folder / "models" / name / f"{number:02}.off")
    write_mesh(box(1, 1, 4.5), folder / "query.stl")
    Image.fromarray(rng.integers(0, 255, size=(40, 40, 3)).astype(np.uint8)).save(folder / "photo.png")
    made = Collection.create(folder / "collection", model=export(folder / "model", seed=1))
    Engine(made).add_paths([folder / "models"])
    return folder


def test_parts_and_weights_are_those_of_the_engine(shop: Path) -> None:
    words: list[str | Path] = ["--image", shop / "photo.png", "--mesh", shop / "query.stl", "--like", "bars/03.off"]
    words += ["--unlike", "plates/01.off"]
    engine = Engine.open(shop / "collection")
    for options, weights in (
        ("", (1.0, 1.0, 1.0, UNLIKE)),
        ("--weight 2 --weight 0 --weight 0.5 --weight 1", (2.0, 0.0, 0.5, -1.0)),
    ):
        found = answer("search", shop / "collection", *words, *options.split(), "-k", "24")["hits"]
        parts = [
            Part("image", shop / "photo.png", weight=weights[0]),
            Part("mesh", shop / "query.stl", weight=weights[1]),
            Part(item="bars/03.off", weight=weights[2]),
            Part(item="plates/01.off", weight=weights[3]),
        ]
        expected = engine.search_parts(parts, k=24).as_json()["hits"]
        assert [(hit["id"], hit["score"]) for hit in found] == [(hit["id"], hit["score"]) for hit in expected]  # type: ignore[attr-defined]  # JSON
    wrong = run("search", shop / "collection", *words, "--weight", "1")
    assert wrong.exit_code == 1
    assert "expected 4, one for each part" in str(wrong.exception)


def test_a_bad_file_is_reported_and_the_rest_searched_by(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"nothing")
    done = run("search", shop / "collection", "--image", tmp_path / "bad.png", "--mesh", shop / "query.stl", "-k", "3")
    assert done.exit_code == 0
    assert f"refused {tmp_path / 'bad.png'}: " in done.stderr
    assert "3 of 24 items" in done.stdout


def test_why_an_item_was_found(shop: Path) -> None:
    done = run("search", shop / "collection", "--mesh", shop / "query.stl", "--why", "bars/00.off")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("bars/00.off: most like its ")
    assert "laid on each other" in done.stdout
    values = answer("search", shop / "collection", "--mesh", shop / "query.stl", "--why", "bars/00.off")
    assert set(values["scores"]) == {"image", "mesh", "pointcloud"}  # type: ignore[call-overload]  # JSON


def test_a_folder_of_queries_becomes_a_table(shop: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "queries", tmp_path / "answers.csv"
    folder.mkdir()
    write_mesh(box(1, 1, 4), folder / "=bar.off")
    (folder / "bad.stl").write_bytes(b"solid")
    done = answer("search", shop / "collection", "--folder", folder, "--csv", out, "-k", "2")
    assert (done["queries"], len(done["refused"])) == (2, 1)  # type: ignore[arg-type]  # JSON
    with out.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["query"], line["rank"]) for line in lines] == [
        ("'=bar.off", "1"),
        ("'=bar.off", "2"),
        ("bad.stl", ""),
    ]
    assert lines[2]["refused"]
    wrongs: list[list[str | Path]] = [["--folder", folder], ["--csv", out]]
    wrongs.append(["--folder", folder, "--csv", out, "--like", "bars/00.off"])
    for wrong in wrongs:
        refused = run("search", shop / "collection", *wrong)
        assert "expected both" in str(refused.exception)


def test_scores_get_a_meaning(shop: Path, tmp_path: Path) -> None:
    done = answer("index", "calibrate", shop / "collection")
    assert done["fitted_on"] == "the collection's own items, each left out in turn"
    assert "item" in done["compositions"]  # type: ignore[operator]  # JSON
    found = run("search", shop / "collection", "--mesh", shop / "query.stl", "-k", "3")
    first = found.stdout.splitlines()[0].split()
    if first[0] == "nothing":
        first = found.stdout.splitlines()[1].split()
    assert first[3] in ("likely", "similar", "weak")
    assert 0.0 <= float(first[2]) <= 1.0
    queries = tmp_path / "held out"
    rng = np.random.default_rng(1)
    for number in range(12):
        for name, sides in (("bars", (1, 1, 4)), ("plates", (5, 5, 1))):
            (queries / name).mkdir(parents=True, exist_ok=True)
            write_mesh(box(*(sides + rng.random(3))), queries / name / f"{number}.stl")
    held_out = answer("index", "calibrate", shop / "collection", "--queries", queries)
    assert held_out["compositions"].keys() == {"item", "mesh"}  # type: ignore[attr-defined]  # JSON
    assert held_out["compositions"]["mesh"]["queries"] == 24  # type: ignore[index]  # JSON
    both = run("index", "calibrate", shop / "collection", "--queries", queries, "--run", tmp_path)
    assert "expected one of the two, or neither" in str(both.exception)


def test_copies_are_shown_and_stay(shop: Path, tmp_path: Path) -> None:
    write_mesh(box(1, 2, 3), tmp_path / "one.off")
    write_mesh(box(3, 1, 2), tmp_path / "two.stl")
    run("index", "create", tmp_path / "collection", "--model", shop / "model")
    run("index", "add", tmp_path / "collection", tmp_path / "one.off", tmp_path / "two.stl", "--workers", "0")
    done = run("index", "duplicates", tmp_path / "collection")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] == "identical: one.off, two.stl"
    assert done.stdout.splitlines()[-1] == "1 groups among 2 items"
    assert len(Collection.open(tmp_path / "collection").index) == 2
