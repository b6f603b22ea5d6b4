"""Figures by command: several runs in one picture; the rest is tested where a run is trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from typer.testing import CliRunner

from maquette.cli.app import app
from maquette.errors import InputError
from maquette.train.density import DensityLog
from maquette.train.record import Record
from maquette.types import Representations


def test_curves_of_several_runs(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with Record(tmp_path / name, batches=0) as record:
            for batch in range(1, 30):
                record.add("train", batch, {"center": 100.0 / batch})
    out = tmp_path / "curves.png"
    done = CliRunner().invoke(app, ["plot", "curves", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(out)])
    assert done.exit_code == 0, done.output + str(done.exception)
    both = out.read_bytes()
    CliRunner().invoke(app, ["plot", "curves", str(tmp_path / "a"), "--out", str(out)])
    assert both.startswith(b"\x89PNG")
    assert out.read_bytes() != both


def test_densities_of_several_runs(tmp_path: Path) -> None:
    true, given = torch.tensor([0, 1, 0, 1]), torch.tensor([1, 0, 0, 1])
    present = torch.ones(4, 1, dtype=torch.bool)
    for number, name in enumerate(("a/run", "b/run")):
        log = DensityLog(true, given, modalities=("image",), rng=np.random.default_rng(0))
        for epoch in range(3):
            values = torch.randn(4, 1, 2, generator=torch.Generator().manual_seed(10 * number + epoch))
            log.add(torch.arange(4), Representations(values, present, ("image",)), centers=torch.eye(2))
            log.finish(tmp_path / name, epoch=epoch)
    out = tmp_path / "density.png"
    runs = [str(tmp_path / "a/run"), str(tmp_path / "b/run")]
    sizes = []
    for arguments in ([*runs, "--epochs", "2"], runs, runs[:1]):
        done = CliRunner().invoke(app, ["plot", "density", *arguments, "--out", str(out), "--json"])
        assert done.exit_code == 0, done.output + str(done.exception)
        with Image.open(out) as picture:
            sizes.append(picture.size)
    # Two epochs are narrower than three; two runs of the same name are two rows.
    assert sizes[0][0] < sizes[1][0]
    assert sizes[2][1] < sizes[1][1]


def test_a_run_without_densities_is_named_with_what_to_do(tmp_path: Path) -> None:
    failed = CliRunner().invoke(app, ["plot", "density", str(tmp_path), "--out", str(tmp_path / "density.png")])
    assert isinstance(failed.exception, InputError)
    assert str(tmp_path) in str(failed.exception)
    assert "--set train.density=true" in str(failed.exception)
    assert not (tmp_path / "density.png").exists()
