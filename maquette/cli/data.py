"""`maquette data list|prepare|inspect|noise`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.app import JsonOption, answer, app
from maquette.cli.training import ConfigArgument, SetOption, ready_store

data = typer.Typer(help="Data sets: list, prepare, look at them, put noise on their labels.", no_args_is_help=True)
app.add_typer(data, name="data")


@data.command("list")
def list_datasets(as_json: JsonOption = False) -> None:
    """The data sets that can be named in a configuration."""
    from maquette.data.datasets import DATASETS

    first_lines = {name: (DATASETS.get(name).__doc__ or "").strip().split("\n")[0] for name in DATASETS.names()}
    answer(first_lines, as_json=as_json, text="\n".join(f"{name:<16} {text}" for name, text in first_lines.items()))


@data.command("prepare")
def prepare(
    config: ConfigArgument,
    changes: SetOption = None,
    workers: Annotated[int, typer.Option(help="Processes that read files.")] = 2,
    strict: Annotated[bool, typer.Option("--strict", help="Leave with exit code 1 if any file was refused.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Read every file of a configuration's data set into memory-mapped arrays; repeats nothing that is done."""
    from maquette.config import load_config

    store = ready_store(load_config(config, changes or []), workers=workers, strict=strict)
    values = {"prepared": str(store.folder), "objects": len(store), "refused": len(store.refused)}
    answer(
        values, as_json=as_json, text=f"{len(store)} objects in {store.folder}, {len(store.refused)} readings refused"
    )


@data.command("inspect")
def inspect(
    prepared: Annotated[Path, typer.Argument(metavar="PREPARED", help="A prepared store's folder.")],
    as_json: JsonOption = False,
) -> None:
    """Counts by split and class, missing modalities, and what was refused."""
    from maquette.data.store import Store

    store = Store.open(prepared)
    splits = {split: len(store.rows(split)) for split in ("train", "validation", "test")}
    present = {name: int(store.present(name).sum()) for name in store.modalities}
    labels = store.labels().tolist()
    classes = {name: labels.count(label) for label, name in enumerate(store.class_names)}
    values = {
        "name": store.manifest.name,
        "digest": store.manifest.digest,
        "objects": len(store),
        "splits": splits,
        "present": present,
        "classes": classes,
        "refused": [{"path": refusal.path, "reason": refusal.reason} for refusal in store.refused],
    }
    lines = [
        f"{store.manifest.name}: {len(store)} objects, {len(classes)} classes, digest {store.manifest.digest[:16]}",
        "splits:     " + ", ".join(f"{name} {count}" for name, count in splits.items()),
        "modalities: " + ", ".join(f"{name} {count}" for name, count in present.items()),
        f"a class has {min(classes.values())} to {max(classes.values())} objects",
        *(f"  {name:<20} {count}" for name, count in classes.items()),
        *(f"refused {refusal.path}: {refusal.reason}" for refusal in store.refused),
    ]
    answer(values, as_json=as_json, text="\n".join(lines))
