"""The answers' forms."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from maquette.serve.schemas import Item, Job


def test_a_class_is_called_class_outside() -> None:
    values: dict[str, Any] = {
        "id": "a",
        "class": "cup",
        "thumbnail": "t",
        "turntable": None,
        "model": None,
        "file": None,
        "metadata": {},
    }
    item = Item.model_validate(values)
    assert item.class_name == "cup" and item.model_dump(by_alias=True) == values
    assert Item.model_json_schema()["properties"].keys() == values.keys()


def test_a_job_is_in_a_known_state() -> None:
    values = {"id": "a", "state": "lost", "created": "", "done": 0, "total": 0, "added": [], "refused": []}
    with pytest.raises(ValidationError, match="state"):
        Job.model_validate(values)
    assert Job.model_validate({**values, "state": "queued"}).reason is None
