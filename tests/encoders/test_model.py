from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from maquette.encoders import CrossModalModel, ModalitySpec, evaluating, export_model, open_model, start_from
from maquette.errors import ConfigError, FileError, InputError, UnknownNameError
from maquette.types import Batch

SPECS = {
    "pointcloud": ModalitySpec("pointnet", {"channels": [8, 16], "hidden": [12]}, {"points": 24}),
    "image": ModalitySpec("resnet18", {"width": 4, "blocks": [1, 1]}, {"views": 2}),
}


def _model(seed: int = 0) -> CrossModalModel:
    return CrossModalModel(10, SPECS, generator=torch.Generator().manual_seed(seed))


def _batch(images: list[bool], clouds: list[bool], *, views: int = 2) -> Batch:
    generator = torch.Generator().manual_seed(7)
    size = len(images)
    pixels = torch.randn(size, views, 3, 16, 16, generator=generator)
    points = torch.randn(size, 3, 24, generator=generator)
    present = {"image": torch.tensor(images), "pointcloud": torch.tensor(clouds)}
    inputs = {"image": {"pixels": pixels[present["image"]]}, "pointcloud": {"points": points[present["pointcloud"]]}}
    return Batch(torch.arange(size), torch.zeros(size, dtype=torch.int64), inputs, present)


def test_modalities_are_sorted_and_each_goes_to_its_encoder() -> None:
    model, batch = _model().eval(), _batch([True] * 3, [True] * 3)
    reps = model.encode(batch)
    assert reps.modalities == model.modalities == ("image", "pointcloud")
    torch.testing.assert_close(reps["image"], model.encoders["image"](**batch.inputs["image"]))
    torch.testing.assert_close(reps["pointcloud"], model.encoders["pointcloud"](**batch.inputs["pointcloud"]))
    assert reps.present.all()


def test_encoders_start_from_those_of_another_model() -> None:
    other, clouds = _model(1), CrossModalModel(10, {"pointcloud": SPECS["pointcloud"]})
    model = _model(0)
    own = {name: value.clone() for name, value in model.state_dict().items()}
    assert start_from(model, clouds) == ("pointcloud",)
    for name, value in model.state_dict().items():
        expected = clouds.state_dict()[name] if name.startswith("encoders.pointcloud") else own[name]
        torch.testing.assert_close(value, expected)
    assert start_from(model, other) == ("image", "pointcloud")
    batch = _batch([True] * 2, [True] * 2)
    torch.testing.assert_close(model.eval().encode(batch).values, other.eval().encode(batch).values)


@pytest.mark.parametrize(
    ("dimensions", "specs", "words"),
    [
        (10, {"image": SPECS["image"]}, "of image starts no encoder of pointcloud: expected a modality in common"),
        (9, SPECS, "into 9 dimensions"),
        (10, {"pointcloud": ModalitySpec("pointnet", {"channels": [8], "hidden": [12]}, {"points": 24})}, "channels"),
    ],
)
def test_other_encoders_start_nothing(dimensions: int, specs: dict[str, ModalitySpec], words: str) -> None:
    model = CrossModalModel(10, {"pointcloud": SPECS["pointcloud"]})
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(ConfigError, match=words):
        start_from(model, CrossModalModel(dimensions, specs))
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, before[name])


def test_absent_rows_are_zero_and_present_rows_are_as_without_them() -> None:
    model = _model().eval()
    whole = model.encode(_batch([True] * 4, [True] * 4))
    some = model.encode(_batch([True, False, True, True], [False, True, False, True]))
    assert some.present.tolist() == [[True, False], [False, True], [True, False], [True, True]]
    expected = whole.values * some.present.unsqueeze(2)
    torch.testing.assert_close(some.values, expected)
    assert (some.values[~some.present] == 0).all() and (expected[some.present].abs().sum(1) > 0).all()


def test_views_are_kept_where_there_are_several() -> None:
    model = _model().eval()
    reps = model.encode(_batch([True, False, True], [True] * 3))
    assert set(reps.views) == {"image"} and reps.views["image"].shape == (3, 2, 10)
    torch.testing.assert_close(reps.views["image"].mean(1), reps["image"])
    assert (reps.views["image"][1] == 0).all()
    assert not model.encode(_batch([True, True], [True, True], views=1)).views


def test_modality_absent_from_the_whole_batch_or_from_its_dicts() -> None:
    model = _model()
    reps = model.encode(_batch([False] * 3, [True] * 3))
    assert not reps.present[:, 0].any() and (reps["image"] == 0).all() and reps.present[:, 1].all()
    batch = _batch([True] * 3, [True] * 3)
    points_only = Batch(
        batch.index,
        batch.labels,
        {"pointcloud": batch.inputs["pointcloud"]},
        {"pointcloud": batch.present["pointcloud"]},
    )
    assert not model.encode(points_only).present[:, 0].any()


def test_gradient_flows_through_present_rows_only() -> None:
    model = _model()
    batch = _batch([True, False, True], [True] * 3)
    torch.autograd.backward(model.encode(batch).values[1, 0].sum())
    gradients = [p.grad for p in model.encoders["image"].parameters()]
    assert all(gradient is None or not gradient.any() for gradient in gradients)
    torch.autograd.backward(model.encode(batch).values[0, 0].sum())
    assert any(p.grad is not None and p.grad.any() for p in model.encoders["image"].parameters())


def test_a_lone_object_in_training_is_normalised_by_running_statistics() -> None:
    model = _model().train()
    before = {name: value.clone() for name, value in model.encoders["pointcloud"].state_dict().items()}
    reps = model.encode(_batch([True] * 3, [False, True, False]))
    expected = _model().eval().encode(_batch([True] * 3, [False, True, False]))
    torch.testing.assert_close(reps["pointcloud"], expected["pointcloud"])
    assert all(torch.equal(value, before[name]) for name, value in model.encoders["pointcloud"].state_dict().items())
    assert all(part.training for part in model.modules())
    torch.autograd.backward(reps["pointcloud"].sum())
    head = model.encoders["pointcloud"].get_parameter("head.linear.weight")
    assert head.grad is not None and head.grad.any()


def test_wrong_inputs_are_named() -> None:
    batch = _batch([True] * 3, [True] * 3)
    short = {**batch.inputs, "image": {"pixels": batch.inputs["image"]["pixels"][:2]}}
    with pytest.raises(InputError, match=r"image: inputs have \[2\] rows: expected 3"):
        _model().encode(Batch(batch.index, batch.labels, short, batch.present))
    with pytest.raises(UnknownNameError, match="image, pointcloud"):
        _model().encode_inputs("mesh", {})
    with pytest.raises(InputError, match="image: inputs have"):
        _model().encode_inputs("image", {})


def test_encode_inputs_equals_encode() -> None:
    model, batch = _model().eval(), _batch([True] * 2, [True] * 2)
    for name in model.modalities:
        torch.testing.assert_close(model.encode_inputs(name, batch.inputs[name]), model.encode(batch)[name])


def test_initial_weights_come_from_the_generator_alone() -> None:
    state = torch.get_rng_state()
    one, same, other = _model(1), _model(1), _model(2)
    assert torch.equal(torch.get_rng_state(), state)
    assert one.fingerprint == same.fingerprint != other.fingerprint
    generator = torch.Generator().manual_seed(1)
    CrossModalModel(10, SPECS, generator=generator)
    assert not torch.equal(generator.get_state(), torch.Generator().manual_seed(1).get_state())


def test_starting_weights_are_read_once_and_not_kept(tmp_path: Path) -> None:
    source = _model(3).encoders["image"]
    tensors = {n: v for n, v in source.state_dict().items() if not n.startswith("head.")}
    save_file(tensors, tmp_path / "start.safetensors")
    spec = ModalitySpec("resnet18", {"width": 4, "blocks": [1, 1]}, weights=str(tmp_path / "start.safetensors"))
    model = CrossModalModel(10, {"image": spec})
    assert all(torch.equal(model.encoders["image"].state_dict()[n], v) for n, v in tensors.items())
    assert "start" not in json.dumps(model.config())
    with pytest.raises(ConfigError, match="'pointnet' starts from no weights file"):
        CrossModalModel(10, {"pointcloud": ModalitySpec("pointnet", weights="x.safetensors")})


def test_evaluating_restores_each_part() -> None:
    module = nn.Sequential(nn.BatchNorm1d(2), nn.BatchNorm1d(2).eval(), nn.Dropout())
    with evaluating(module):
        assert not any(part.training for part in module.modules())
    assert [part.training for part in module.modules()] == [True, True, False, True]


# --- export and open -------------------------------------------------------------------------------------------


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    export_model(_model(), tmp_path / "model", card={"licence": "Apache-2.0"})
    return tmp_path / "model"


def test_opened_model_is_the_same(exported: Path) -> None:
    model, batch = _model().eval(), _batch([True, False], [True, True])
    opened = open_model(exported)
    assert opened.fingerprint == model.fingerprint == json.loads((exported / "config.json").read_text())["fingerprint"]
    assert not opened.training and opened.specs == model.specs
    assert torch.equal(opened.encode(batch).values, model.encode(batch).values)
    assert sorted(path.name for path in exported.iterdir()) == ["README.md", "config.json", "model.safetensors"]
    assert [path.name for path in exported.parent.iterdir()] == ["model"]


def test_fingerprint_depends_on_weights_and_config_not_on_place(tmp_path: Path) -> None:
    model = _model()
    first = export_model(model, tmp_path / "a", card={})
    assert export_model(model, tmp_path / "b", card={"name": "another"}) == first
    with torch.no_grad():
        model.encoders["image"].get_parameter("head.linear.weight")[0, 0] += 1e-6
    assert model.fingerprint != first
    respecified = {**SPECS, "image": ModalitySpec("resnet18", SPECS["image"].options, {"views": 4})}
    twin = CrossModalModel(10, respecified)
    twin.load_state_dict(_model().state_dict())
    assert twin.fingerprint != first


def test_export_replaces_a_model_but_nothing_else(exported: Path, tmp_path: Path) -> None:
    second = export_model(_model(9), exported, card={})
    assert open_model(exported).fingerprint == second
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("precious")
    with pytest.raises(FileError, match="not a model folder"):
        export_model(_model(), tmp_path / "mine", card={})
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "precious"


def test_failed_export_leaves_the_old_model(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = open_model(exported).fingerprint

    def full(*_args: Any, **_kwargs: Any) -> bytes:
        raise OSError("disk full")

    monkeypatch.setattr("maquette.encoders.model.save", full)
    with pytest.raises(OSError, match="disk full"):
        export_model(_model(9), exported, card={})
    assert open_model(exported).fingerprint == before
    assert [path.name for path in exported.parent.iterdir()] == ["model"]


def _edit_config(folder: Path, **changes: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))


def _edit_weights(folder: Path, **changes: Tensor | None) -> None:
    tensors = {**load_file(folder / "model.safetensors"), **changes}
    save_file({n: v for n, v in tensors.items() if v is not None}, folder / "model.safetensors")


def test_damaged_folders_are_named(exported: Path) -> None:
    weights = (exported / "model.safetensors").read_bytes()
    config = (exported / "config.json").read_text()
    name = "encoders.image.conv1.weight"
    cases = (
        (lambda: _edit_weights(exported, **{name: None}), f"lacks tensors {name}"),
        (lambda: _edit_weights(exported, stray=torch.zeros(1)), "has unknown tensors stray"),
        (lambda: _edit_weights(exported, **{name: torch.zeros(2)}), f"has misshapen tensors {name}"),
        (
            lambda: _edit_weights(exported, **{name: torch.zeros(4, 3, 7, 7)}),
            "is not what config.json was written with",
        ),
        (lambda: (exported / "model.safetensors").write_bytes(weights[:100]), "cannot be read as safetensors"),
        (lambda: (exported / "model.safetensors").unlink(), "cannot be read as safetensors"),
        (lambda: _edit_config(exported, fingerprint="0"), "is not what config.json was written with"),
        (lambda: _edit_config(exported, format_version=2), "format version 2: this Maquette reads 1"),
        (lambda: _edit_config(exported, format="other"), "is not the configuration of a model"),
        (lambda: _edit_config(exported, modalities={"image": {"code": "x"}}), "unknown key"),
        (lambda: (exported / "config.json").write_text("{"), "cannot be read as JSON"),
        (
            lambda: (exported / "config.json").unlink(),
            "there is no model: expected a folder with config.json and model",
        ),
    )
    for damage, message in cases:
        (exported / "model.safetensors").write_bytes(weights)
        (exported / "config.json").write_text(config)
        damage()
        with pytest.raises(FileError, match=message):
            open_model(exported)


def test_a_model_needs_a_modality() -> None:
    with pytest.raises(ConfigError, match="no modality"):
        CrossModalModel(10, {})
