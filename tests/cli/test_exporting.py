"""`maquette export`: a run's encoder as a file that ONNX Runtime reads."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from typer.testing import CliRunner

from maquette.cli.app import app
from maquette.encoders import CrossModalModel, ModalitySpec, export_model, open_model


def test_the_file_encodes_as_the_model(tmp_path: Path) -> None:
    preparation = {"views": 2, "resolution": 24, "train_views": 1}
    specs = {
        "image": ModalitySpec("resnet18", {"width": 4, "blocks": [1]}, preparation),
        "mesh": ModalitySpec("meshnet", {"width": 4}, {"faces": 16}),
    }
    folder, file = tmp_path / "model", tmp_path / "image.onnx"
    export_model(CrossModalModel(6, specs, generator=torch.Generator().manual_seed(0)), folder, card={})
    done = CliRunner().invoke(app, ["export", str(folder), "--to", str(file), "--json"])
    assert done.exit_code == 0, done.output + repr(done.exception)
    model = open_model(folder)
    said = json.loads(done.stdout)
    assert said["inputs"] == {"pixels": [None, 2, 3, 24, 24]} and said["model"] == model.fingerprint
    assert said["bytes"] == file.stat().st_size
    pixels = np.random.default_rng(0).standard_normal((3, 2, 3, 24, 24)).astype(np.float32)
    (found,) = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"]).run(None, {"pixels": pixels})
    with torch.inference_mode():
        expected = model.encode_inputs("image", {"pixels": torch.from_numpy(pixels)}).numpy()
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(found.mean(1), expected, rtol=0, atol=1e-5)


def test_what_is_refused(tmp_path: Path) -> None:
    specs = {"mesh": ModalitySpec("meshnet", {"width": 4}, {"faces": 16})}
    export_model(CrossModalModel(6, specs, generator=torch.Generator().manual_seed(0)), tmp_path / "m", card={})

    def fault(*arguments: str) -> str:
        return str(CliRunner().invoke(app, ["export", str(tmp_path / "m"), *arguments]).exception)

    assert "expected a file that ends in .onnx" in fault("--to", str(tmp_path / "m.bin"))
    assert "unknown modality of this model 'image': expected one of mesh" in fault("--to", str(tmp_path / "m.onnx"))
    assert "encoder 'meshnet' cannot be exported" in fault("--to", str(tmp_path / "m.onnx"), "--modality", "mesh")
    assert not list(tmp_path.glob("*.onnx"))
