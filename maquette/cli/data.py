"""`maquette data list|fetch|prepare|inspect|noise|freeze`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maquette.cli.app import JsonOption, answer, app
from maquette.cli.training import ConfigArgument, SetOption, ready_store

if TYPE_CHECKING:
    from maquette.data.duplicates import Duplicate
    from maquette.data.manifest import Manifest
    from maquette.data.noise import NoisyLabels

data = typer.Typer(help="Data sets: list, prepare, look at them, put noise on their labels.", no_args_is_help=True)
app.add_typer(data, name="data")


@data.command("list")
def list_datasets(as_json: JsonOption = False) -> None:
    """The data sets that can be named in a configuration."""
    from maquette.data.datasets import DATASETS

    first_lines = {name: _first_line(DATASETS.get(name)) for name in DATASETS.names()}
    answer(first_lines, as_json=as_json, text="\n".join(f"{name:<16} {text}" for name, text in first_lines.items()))


def _first_line(builder: Callable[..., Any]) -> str:
    """What a data set is: its module says it; the builder's own first line says what is returned."""
    module = sys.modules.get(getattr(builder, "__module__", ""))
    text = (module and module.__doc__) or builder.__doc__ or ""
    return text.strip().split("\n")[0]


@data.command("fetch")
def fetch(
    name: Annotated[str, typer.Argument(help="What to fetch: modelnet40, wikipedia ... (a wrong name lists them).")],
    out: Annotated[Path, typer.Option(help="The folder for its files; the data set's `source` is in it.")],
    copy: Annotated[
        Path | None, typer.Option("--from", help="A copy that is on this machine, instead of the network.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Get a published data set's files: taken up where it broke off, checked, unpacked."""
    from maquette.cli.progress import say, stage
    from maquette.data.downloads import get_download
    from maquette.data.fetch import fetch as get

    download = get_download(name)
    say(f"terms: {download.terms}")
    with stage(f"fetching {name}") as update:
        record = get(download, out, from_file=copy, on_progress=lambda done, total: update(done, total, ""))
    source = download.find_source(out)
    lines = [
        f"{file}: {entry['size']} bytes from {entry['origin']}, SHA-256 {entry['sha256']}"
        f"{'' if entry['checked'] else ' (nobody published one to compare with)'}"
        for file, entry in record.items()
    ]
    options = {"source": str(source), **download.options}
    named = ", ".join(f"data.options.{key} = {value!r}" for key, value in options.items())
    lines.append(f"next: data.name = {download.dataset!r}, {named}")
    values = {"folder": str(out), "dataset": download.dataset, "options": options, "files": record}
    answer(values, as_json=as_json, text="\n".join(lines))


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
    duplicates: Annotated[
        bool, typer.Option(help="Look for test objects that are repeated, or nearly, in training; takes a while.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Counts by split and class, balance, missing modalities, duplicates across the split, and what was refused."""
    from maquette.data.duplicates import find_duplicates, near_comparison
    from maquette.data.store import Store

    store = Store.open(prepared)
    names = store.class_names
    counts = {split: dict.fromkeys(names, 0) for split in ("train", "validation", "test")}
    for split, of_class in counts.items():
        for label in store.labels(split).tolist():
            of_class[names[label]] += 1
    classes = {name: sum(of_class[name] for of_class in counts.values()) for name in names}
    present = {name: int(store.present(name).sum()) for name in store.modalities}
    missing = {name: len(store) - count for name, count in present.items()}
    found = find_duplicates(store) if duplicates else ()
    near = {name: near_comparison(store, name) for name in store.modalities}
    values = {
        "name": store.manifest.name,
        "digest": store.manifest.digest,
        "objects": len(store),
        "splits": {split: sum(of_class.values()) for split, of_class in counts.items()},
        "present": present,
        "missing": missing,
        "classes": classes,
        "classes_by_split": counts,
        "imbalance": _imbalance(classes),
        "imbalance_by_split": {split: _imbalance(of_class) for split, of_class in counts.items()},
        "duplicates": [vars(duplicate) for duplicate in found] if duplicates else None,
        "near_duplicates_sought": {name: how or None for name, how in near.items()} if duplicates else None,
        "refused": [{"path": refusal.path, "reason": refusal.reason} for refusal in store.refused],
    }
    lines = [
        f"{store.manifest.name}: {len(store)} objects, {len(classes)} classes, digest {store.manifest.digest[:16]}",
        "modalities: " + ", ".join(f"{name} {count}" for name, count in present.items()),
        "missing:    " + ", ".join(f"{name} {count}" for name, count in missing.items()),
        *_class_table(counts),
        *(_duplicate_lines(found, near) if duplicates else ()),
        *(f"refused {refusal.path}: {refusal.reason}" for refusal in store.refused),
    ]
    answer(values, as_json=as_json, text="\n".join(lines))


def _imbalance(of_class: Mapping[str, int]) -> float | None:
    """The largest class over the smallest, which counts as one object at least; None of no objects."""
    return max(of_class.values()) / max(min(of_class.values()), 1) if any(of_class.values()) else None


def _class_table(counts: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """A line a class with its objects by split, under the totals and the ranges."""
    names = list(next(iter(counts.values())))
    wide = max(20, *(len(name) for name in names))
    ranges = {split: f"{min(of_class.values())}-{max(of_class.values())}" for split, of_class in counts.items()}
    rows = [
        ("objects", {split: str(sum(of_class.values())) for split, of_class in counts.items()}),
        ("of a class", ranges),
        *((f"  {name}", {split: str(of_class[name]) for split, of_class in counts.items()}) for name in names),
    ]
    yield f"{'':<{wide + 2}}" + "".join(f" {split:>10}" for split in counts)
    for name, cells in rows:
        yield f"{name:<{wide + 2}}" + "".join(f" {cell:>10}" for cell in cells.values())


def _duplicate_lines(found: Sequence[Duplicate], near: Mapping[str, str]) -> Iterator[str]:
    """What was sought where, how many test objects were found, and the first of them."""
    sought = [name for name, how in near.items() if how]
    equal, like = (len({d.test for d in found if (d.how == "file") is files}) for files in (True, False))
    yield f"test objects with an equal file in training: {equal} (sought in {', '.join(near)})"
    yield f"test objects that look like one in training: {like} (sought in {', '.join(sought) or 'no modality'})"
    if len(sought) < len(near):
        yield f"near duplicates were not sought in {', '.join(name for name in near if name not in sought)}"
    measures = {"surface": "distance {:.3f} times that within", "vector": "cosine distance {:.6f}"}
    for d in found[:20]:
        other = "" if d.same_class else ", another class"
        if d.how == "file":
            yield f"  {d.test} is {d.train} (file of {d.modality}{other})"
        else:
            yield f"  {d.test} looks like {d.train} ({d.modality}, {measures[d.how].format(d.distance)}{other})"
    if len(found) > 20:
        yield f"  and {len(found) - 20} more: --json lists all"


@data.command("noise")
def noise(
    source: Annotated[
        Path, typer.Argument(metavar="PREPARED_OR_MANIFEST", help="A prepared store's folder, or a manifest's file.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to write: noise.json, labels.npy, true_labels.npy, rows.npy.")],
    kind: Annotated[str, typer.Option(help="Noise model, by name.")] = "symmetric",
    rate: Annotated[float, typer.Option(help="Share of wrong labels, 0 to below 1.")] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice of objects and labels.")] = 0,
    options: Annotated[
        list[str] | None, typer.Option("--option", help="One of the model's own options, key=value; may be repeated.")
    ] = None,
    split: Annotated[str, typer.Option(help="train, validation, test, or several: train+validation.")] = "train",
    as_json: JsonOption = False,
) -> None:
    """Write noisy labels for a split; the same command writes the same bytes.

    Training takes them by [noise] kind = "file" and options = { folder = "OUT" }. Files named in options are relative
    to the current folder. The data set itself is left as it is.
    """
    from maquette.config import RunConfig
    from maquette.train.noise import noise_for_split

    wanted = {"kind": kind, "rate": rate, "seed": seed, "options": _options(options or [])}
    config = RunConfig.from_mapping({"modalities": {}, "noise": wanted}, source="data noise")
    made = noise_for_split(_read_manifest(source), config.noise, split=split, root=Path())
    made.save(out)
    confusions = _confusions(made)
    kept = made.transition.diagonal()
    values = {
        **made.summary(),
        "folder": str(out),
        "kept": {"least": float(kept.min()), "mean": float(kept.mean()), "most": float(kept.max())},
        "confusions": [{"true": true, "given": given, "share": share} for true, given, share in confusions],
    }
    least, most = made.class_names[int(kept.argmin())], made.class_names[int(kept.argmax())]
    lines = [
        f"{kind}: {int(made.wrong.sum())} of {made.wrong.size} labels are wrong, realised rate {made.rate:.4f}",
        f"kept by class: {kept.min():.3f} ({least}) to {kept.max():.3f} ({most}), mean {kept.mean():.3f}",
        *(f"  {share:.3f} of {true} are given as {given}" for true, given, share in confusions[:5]),
        f"wrote {out}",
    ]
    answer(values, as_json=as_json, text="\n".join(lines))


@data.command("freeze")
def freeze(
    config: ConfigArgument,
    model: Annotated[Path, typer.Option(help="A run's folder, or an exported model.")],
    out: Annotated[Path, typer.Option(help="The folder to write: the data set `frozen` reads it.")],
    modalities: Annotated[
        list[str] | None,
        typer.Option("--modality", help="What to freeze, by default all of the model; may be repeated."),
    ] = None,
    changes: SetOption = None,
    workers: Annotated[int, typer.Option(help="Processes that read files.")] = 2,
    as_json: JsonOption = False,
) -> None:
    """Write a configuration's data set anew, with a model's representations in place of some modalities' files."""
    from maquette.cli.progress import stage
    from maquette.config import load_config
    from maquette.train.freeze import freeze as write_frozen

    settings = load_config(config, changes or [])
    store = ready_store(settings, workers=workers)
    folder = model / "model" if (model / "run.json").is_file() else model
    with stage("encoding"):
        manifest = write_frozen(store, out, model=folder, modalities=modalities or (), device=settings.train.device)
    frozen = manifest.source["frozen"]
    answer(
        {"folder": str(out), "objects": len(manifest), **frozen},
        as_json=as_json,
        text=f"{len(manifest)} objects in {out}, frozen: {', '.join(frozen['modalities'])}\n"
        f'next: a configuration with [data] name = "frozen", root = "{out}"',
    )


def _read_manifest(source: Path) -> Manifest:
    from maquette.data.manifest import Manifest
    from maquette.data.store import Store

    return Store.open(source).manifest if source.is_dir() else Manifest.load(source)


def _options(entries: list[str]) -> dict[str, Any]:
    """Values are read as JSON, and as plain strings where they are not JSON."""
    import json

    from maquette.errors import InputError

    values: dict[str, Any] = {}
    for entry in entries:
        name, equals, text = entry.partition("=")
        if not equals or not name or name in values:
            raise InputError(f"--option {entry!r}: expected key=value, each key once, as in among=all")
        try:
            values[name] = json.loads(text)
        except json.JSONDecodeError:
            values[name] = text
    return values


def _confusions(made: NoisyLabels) -> list[tuple[str, str, float]]:
    """The ten largest shares of a class's objects that are given as another, largest first."""
    names, shares = made.class_names, made.transition
    pairs = [(a, b) for a in range(len(names)) for b in range(len(names)) if a != b and shares[a, b] > 0]
    pairs.sort(key=lambda pair: (-shares[pair], pair))
    return [(names[a], names[b], float(shares[a, b])) for a, b in pairs[:10]]
