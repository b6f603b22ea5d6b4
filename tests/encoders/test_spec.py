from __future__ import annotations

import json

import pytest

from maquette.encoders.spec import ModalitySpec
from maquette.errors import ConfigError


def test_survives_a_round_trip_through_json() -> None:
    spec = ModalitySpec("dgcnn", {"channels": (8, 16), "k": 4}, {"points": 256}, weights="start.safetensors")
    assert spec.options == {"channels": [8, 16], "k": 4}
    kept = json.loads(json.dumps(spec.as_json()))
    assert kept == {"encoder": "dgcnn", "options": {"channels": [8, 16], "k": 4}, "preparation": {"points": 256}}
    assert ModalitySpec(**kept) == ModalitySpec("dgcnn", spec.options, spec.preparation)


def test_later_changes_to_the_argument_do_not_reach_it() -> None:
    options = {"channels": [8, 16]}
    spec = ModalitySpec("dgcnn", options)
    options["channels"].append(3)
    assert spec.options == {"channels": [8, 16]}


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}])
def test_what_json_cannot_hold_raises(value: object) -> None:
    with pytest.raises(ConfigError, match="dgcnn: options must be JSON values"):
        ModalitySpec("dgcnn", {"k": value})
