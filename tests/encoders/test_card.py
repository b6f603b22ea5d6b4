from __future__ import annotations

import pytest

from maquette.encoders.card import write_card
from maquette.errors import ConfigError

CONFIG = {
    "dimensions": 64,
    "modalities": {
        "image": {"encoder": "resnet18", "options": {"width": 16}, "preparation": {"views": 4}},
        "mesh": {"encoder": "meshnet", "options": {}, "preparation": {}},
    },
    "fingerprint": "abc123",
}


def test_says_what_it_was_given() -> None:
    card = {
        "name": "Workshop, small",
        "description": "Finds tools.",
        "training_data": "Workshop, 3,000 objects, seed 1.",
        "metrics": {"mAP image→mesh, test": 0.87654, "objects": 300},
        "licence": "Apache-2.0",
    }
    text = write_card(card, CONFIG)
    assert text.startswith("# Workshop, small\n\nFinds tools.\n")
    for part in (
        "| mAP image→mesh, test | 0.8765 |",
        "| objects | 300 |",
        "Workshop, 3,000 objects, seed 1.",
        "Apache-2.0",
        "| image | resnet18 | width=16 | views=4 |",
        "| mesh | meshnet | defaults | defaults |",
        "64 dimensions",
        "abc123",
        "open_model(",
    ):
        assert part in text


def test_says_what_is_unknown() -> None:
    text = write_card({}, CONFIG)
    assert text.count("Unknown") == 3


def test_unknown_key_raises() -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'license': expected some of .*licence"):
        write_card({"license": "MIT"}, CONFIG)
