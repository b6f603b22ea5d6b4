"""The list of parts holds every row that was promised, under names that are unique."""

from __future__ import annotations

from maquette.bench.speed.parts import PARTS


def test_every_promised_row_is_there_with_its_aim() -> None:
    aims = {part.name: part.at_least for part in PARTS}
    assert len(aims) == len(PARTS)
    assert aims == {
        "dgcnn_step": 5.0,
        "dgcnn_inference": 6.0,
        "meshnet_step": 2.0,
        "meshnet_inference": 2.0,
        "resnet18_inference": None,
        "resnet18_step": None,
        "resnet18_bfloat16": 2.5,
        "rdc_loss": 10.0,
        "map": 17.0,
        "data_image": 9.0,
        "data_mesh": 15.0,
        "data_pointcloud": 15.0,
        "epoch_cmcl": 3.0,
    }
    assert {part.name: part.memory_at_least for part in PARTS if part.memory_at_least} == {"dgcnn_step": 4.0}


def test_full_sizes_are_those_of_the_table() -> None:
    full = {part.name: part.sizes[-1] for part in PARTS}
    assert (full["dgcnn_step"], full["meshnet_step"], full["rdc_loss"], full["map"]) == (1024, 1024, 288, 2468)
    assert all(list(part.sizes) == sorted(set(part.sizes)) and len(part.sizes) > 1 for part in PARTS)
    assert all(max(part.quick_sizes) <= max(part.sizes) and len(part.quick_sizes) > 1 for part in PARTS)
