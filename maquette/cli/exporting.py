"""`maquette export`: one encoder of a model as an .onnx file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.app import JsonOption, answer, app
from maquette.cli.progress import stage


@app.command()
def export(
    model: Annotated[Path, typer.Argument(help="An exported model, or a run's folder.")],
    to: Annotated[Path, typer.Option(help="The .onnx file to write; one that is there is replaced.")],
    modality: Annotated[str, typer.Option(help="Whose encoder.")] = "image",
    as_json: JsonOption = False,
) -> None:
    """Write one encoder, with its head, as an .onnx file for programs without PyTorch (extra onnx)."""
    import numpy as np

    from maquette.data.atomic import write_atomically
    from maquette.encoders import export_onnx, is_exportable, open_model
    from maquette.errors import InputError
    from maquette.modalities import MODALITIES

    if to.suffix != ".onnx":
        raise InputError(f"--to {to}: expected a file that ends in .onnx")
    opened = open_model(model / "model" if (model / "run.json").is_file() else model)
    is_exportable(opened, modality)  # an unknown modality is named before anything of it is built
    settings = MODALITIES.build(modality, **opened.specs[modality].preparation)
    fields = settings.fields()
    inputs = settings.collate({name: np.zeros((2, *field.shape), field.dtype) for name, field in fields.items()})
    with stage(f"exporting {modality}"):
        content = export_onnx(opened, modality, inputs)
    write_atomically(to, content)
    shapes = {name: [None, *tensor.shape[1:]] for name, tensor in inputs.items()}
    answer(
        {"file": str(to), "modality": modality, "bytes": len(content), "inputs": shapes, "model": opened.fingerprint},
        as_json=as_json,
        text=f"wrote {to}: {modality}, {len(content) / 1e6:.1f} MB, inputs "
        + ", ".join(f"{name} (objects, {', '.join(map(str, shape[1:]))})" for name, shape in shapes.items()),
    )
