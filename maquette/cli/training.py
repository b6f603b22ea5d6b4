"""`maquette train`, `maquette embed`, `maquette evaluate`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from maquette.cli.app import JsonOption, answer, app
from maquette.cli.progress import say, stage

if TYPE_CHECKING:
    from maquette.config import RunConfig
    from maquette.data.store import Store

ConfigArgument = Annotated[Path, typer.Argument(help="The run's configuration, a TOML file (see configs/).")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="Change one value: section.key=value, as in train.lr=0.01.")
]
RunArgument = Annotated[Path, typer.Argument(help="A run's folder, as `train` wrote it.")]


def ready_store(config: RunConfig, *, workers: int, strict: bool = False) -> Store:
    """The configuration's data set, made if need be, noise applied, prepared, with progress shown."""
    from maquette.data.store import Store
    from maquette.train.data import build_manifest, prepare_data

    with stage(f"data set {config.data.name}") as update:
        manifest = build_manifest(config, on_progress=lambda done, total: update(done, total, ""))
    with stage("preparing") as update:
        report = prepare_data(
            config, manifest, workers=workers, strict=strict, on_progress=lambda done, total: update(done, total, "")
        )
    for refusal in report.refused:
        say(f"  refused {refusal.path}: {refusal.reason}")
    return Store.open(config.data.prepared)


@app.command()
def train(
    config: ConfigArgument,
    out: Annotated[Path, typer.Option(help="The run's folder: record, checkpoint, model.")] = Path("runs/run"),
    changes: SetOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint in --out if there is one.")
    ] = False,
    workers: Annotated[int, typer.Option(help="Processes that prepare data.")] = 2,
    as_json: JsonOption = False,
) -> None:
    """Prepare the data if need be, train, and export the model."""
    from maquette.config import load_config
    from maquette.train.experiment import train as train_run

    settings = load_config(config, changes or [])
    store = ready_store(settings, workers=workers)
    with stage("training") as update:

        def on_step(progress: Any, terms: Any) -> None:
            words = "  ".join(f"{name} {value:.3f}" for name, value in terms.items())
            update(progress.batches_done + 1, progress.epochs * progress.steps, words)

        run = train_run(settings, store, out=out, resume=resume, on_step=on_step)
    values = {"run": str(run.folder), "model": str(run.model), "identity": run.identity}
    answer(values, as_json=as_json, text=f"model: {run.model}\nnext: maquette evaluate {run.folder}")


@app.command()
def embed(
    run: RunArgument,
    out: Annotated[Path, typer.Option(help="The folder to write: a file a modality, label.npy, ids.json.")],
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    backend: Annotated[
        Literal["torch", "onnxruntime"], typer.Option(help="What computes; onnxruntime needs the extra onnx.")
    ] = "torch",
    as_json: JsonOption = False,
) -> None:
    """Write a run's representations of a split, in the layout that `evaluate --features` reads."""
    from maquette.train.representations import write_representations

    began = time.perf_counter()
    with stage(f"encoding {split}"):
        names = write_representations(run, out, split=split, backend=backend)
    seconds = time.perf_counter() - began
    items = len(json.loads((out / "ids.json").read_text(encoding="utf-8"))["ids"])
    answer(
        {"folder": str(out), "files": list(names), "split": split, "items": items, "items_per_second": items / seconds},
        as_json=as_json,
        text=f"wrote {', '.join(names)} to {out}: {items} objects, {items / seconds:.1f} a second\n"
        f"next: maquette evaluate --features {out}",
    )


@app.command()
def evaluate(
    run: Annotated[Path | None, typer.Argument(help="A run's folder, as `train` wrote it.")] = None,
    features: Annotated[
        Path | None,
        typer.Option(
            help="Instead of a run: a folder of label.npy and some of img_feat_{1,2,4}.npy, pt_feat.npy, mesh_feat.npy."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    protocol: Annotated[str, typer.Option(help="clean, paper_cmcl or paper_rono.")] = "clean",
    as_json: JsonOption = False,
) -> None:
    """Measure every ordered pair of modalities: mAP over all ranks and the other measures of the field."""
    from maquette.errors import InputError
    from maquette.metrics import evaluate_features, get_protocol

    rules = get_protocol(protocol)
    if (run is None) == (features is None):
        raise InputError("evaluate takes a run's folder or --features DIR: give exactly one of them")
    if features is not None:
        results = evaluate_features(features, protocol=rules)
    else:
        from maquette.train.evaluation import evaluate_run

        assert run is not None
        with stage(f"evaluating {split}"):
            results = evaluate_run(run, split=split, protocol=rules)
    answer(results, as_json=as_json, text=map_table(results))


def map_table(results: dict[str, Any]) -> str:
    """The mAP of every pair, a line a pair, a column a number of views."""
    counts = list(results["views"])
    pairs = list(results["views"][counts[0]])
    lines = [
        f"mAP, protocol {results['protocol']['name']}",
        f"{'query -> gallery':<28}" + "".join(f"{c + ' view' + 's' * (c != '1'):>10}" for c in counts),
    ]
    lines += [
        f"{pair:<28}" + "".join(f"{_percent(results['views'][count][pair]['map']):>10}" for count in counts)
        for pair in pairs
    ]
    return "\n".join(lines)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"
