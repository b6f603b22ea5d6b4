"""The report's table has a cell for every figure and none for what does not vary."""

from __future__ import annotations

from maquette.bench.demo_report import pair_table


def test_pairs_without_images_stand_once() -> None:
    def pairs(value: float) -> dict[str, dict[str, float | None]]:
        return {"image->mesh": {"map": value}, "mesh->mesh": {"map": 0.5}, "mesh->image": {"map": None}}

    results = {"protocol": {"name": "clean"}, "views": {"1": pairs(0.8123), "4": pairs(0.9)}}
    table = pair_table(results)
    assert list(table.header) == ["query → gallery", "1 view", "4 views"]
    assert [list(row) for row in table.rows] == [
        ["image → mesh", "81.2", "90.0"],
        ["mesh → mesh", "50.0", ""],
        ["mesh → image", "-", "-"],
    ]
