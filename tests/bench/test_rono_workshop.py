"""The table's rows are right, its configurations differ by the method alone, and asymmetric noise finds every pair."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from maquette.bench.rono_workshop import CLASS_MAP, FITTED, METHODS, rono_workshop, workshop_changes
from maquette.bench.selection import Selection
from maquette.config import load_config
from maquette.errors import ConfigError
from maquette.geometry.procedural import CLOSE_PAIRS
from maquette.methods import METHODS as REGISTERED
from maquette.train.noise import make_noise

CONFIGS = Path(__file__).parents[2] / "configs"


def test_rows() -> None:
    table = rono_workshop(size="small", configs=CONFIGS)
    assert len(table.rows) == len({row.name for row in table.rows}) == len((*METHODS, *FITTED)) * 8 * 3
    first = table.rows[: len(table.rows) // 3]
    assert {row.kind: row.name for row in first if row.method == "dac" and row.rate == 0.4} == {
        "symmetric": "dac_40_seed0",
        "asymmetric": "dac_asymmetric_40_seed0",
        "instance_dependent": "dac_instance_dependent_40_seed0",
    }
    for row in first:
        config = load_config(row.config, row.changes)
        assert (config.noise.kind, config.noise.rate, config.train.seed) == (row.kind, row.rate, row.seed)
        options = {"asymmetric": {"class_map"}, "instance_dependent": {"representations"}}
        assert set(config.noise.options) == options.get(row.kind, set())
    chosen = Selection(only=["mvi"], kinds=["asymmetric"], rates=[0.2], seeds=[9])
    assert [row.name for row in rono_workshop(size="small", configs=CONFIGS, selection=chosen).rows] == [
        "mvi_asymmetric_20_seed9"
    ]


@pytest.mark.parametrize("size", ["smoke", "small"])
def test_asymmetric_noise_takes_objects_for_their_close_class(size: str) -> None:
    config = load_config(CONFIGS / "workshop" / "cmcl.toml", (*workshop_changes(size=size, kind="asymmetric"),))
    names = config.data.options["classes"]
    labels = np.repeat(np.arange(len(names)), 10)
    made = make_noise(config.noise, labels, class_names=names, root=Path())
    wrong = {(names[t], names[g]) for t, g in zip(labels, made.labels, strict=True) if t != g}
    assert wrong
    assert all((one, other) in CLOSE_PAIRS or (other, one) in CLOSE_PAIRS for one, other in wrong)
    mapped = [name for name in names if name in CLASS_MAP]
    assert np.sum(labels != made.labels) == round(0.4 * 10 * len(mapped))
    if size == "small":
        assert set(mapped) == {name for pair in CLOSE_PAIRS for name in pair}
        assert len(names) == 31


def test_smoke_rows_are_small() -> None:
    rows = rono_workshop(size="smoke", configs=CONFIGS).rows
    assert [(row.method, row.kind) for row in rows] == [
        (method, kind) for kind in ("symmetric", "asymmetric") for method in (*METHODS, *FITTED)
    ]
    for row in rows:
        config = load_config(row.config, row.changes)
        assert config.train.epochs == 3
        assert len(config.data.options["classes"]) * config.data.options["objects_per_class"] <= 40
    with pytest.raises(ConfigError, match="size 'huge'"):
        rono_workshop(size="huge", configs=CONFIGS)


def test_configurations_differ_by_the_method_alone_and_their_vectors_saw_no_label() -> None:
    found = {path.stem: load_config(path).to_json() for path in sorted((CONFIGS / "workshop").glob("*.toml"))}
    representations = found.pop("representations")
    assert set(found) == set(METHODS)
    assert {values["method"]["name"] for values in found.values()} <= set(REGISTERED.names())
    rests = [{key: value for key, value in values.items() if key != "method"} for values in found.values()]
    assert all(rest == rests[0] for rest in rests)
    assert rests[0]["noise"] == {"kind": "symmetric", "rate": 0.4, "seed": 0, "options": {}}
    assert (representations["method"]["name"], representations["noise"]["rate"]) == ("mvi", 0.0)
    assert set(rests[0]["data"]["frozen"]["modalities"]) == set(representations["modalities"])
    sizes = {section["prepare"]["size"] for section in rests[0]["modalities"].values()}
    assert sizes == {representations["dimensions"]}


@pytest.mark.parametrize("name", METHODS)
def test_a_configuration_opens_with_paper_command_time_and_score_and_names_the_class_map(name: str) -> None:
    text = (CONFIGS / "workshop" / f"{name}.toml").read_text(encoding="utf-8")
    head = text.partition("\ndimensions")[0]
    for word in ("Paper", "Command", "Run time", "Expected score"):
        assert re.search(rf"^# {word}: \S", head, re.MULTILINE), word
    assert f"configs/workshop/{name}.toml" in head
    comment = text.partition("[noise]\n")[2].partition('kind = "symmetric"')[0]
    assert dict(re.findall(r'(\w+) = "(\w+)"[,\n]', comment.partition(":\n")[2])) == CLASS_MAP
