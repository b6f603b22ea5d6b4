"""How a run was done, as facts beside its result: what `maquette lint` holds against the protocol `clean`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from maquette.config import RunConfig, load_config
from maquette.data.store import Store
from maquette.encoders import open_model
from maquette.errors import CheckpointError
from maquette.train.run import Run, build_modalities

__all__ = ["image_views", "measured_objects", "practice", "what_it_saw"]

_WITHOUT_LABELS = ("mvi",)
"""Methods that read no label."""


def practice(config: RunConfig, store: Store) -> dict[str, Any]:
    """Facts that follow from a configuration and its data, as JSON values.

    `encoders` holds, for each modality that another network made or began, what that one saw: as the data set says
    (`source["encoders"]` of its manifest), as the run of the model to start from says, or `undeclared` for a weights
    file and a model without its run.
    """
    frozen = store.manifest.source.get("encoders") or {}
    encoders = {}
    begun = what_it_saw(config.train.start) if config.train.start is not None else {}
    for name, section in sorted(config.modalities.items()):
        if section.kind == "features":
            encoders[name] = frozen.get(name, {"name": "frozen features", "trained_on": None, "labels": "undeclared"})
        elif name in begun:
            encoders[name] = begun[name]
        elif section.weights is not None:
            encoders[name] = {"name": section.weights, "trained_on": None, "labels": "undeclared"}
    images = [name for name, section in config.modalities.items() if (section.kind or name) == "image"]
    ids = store.ids
    return {
        # The loop has no early stopping, and the exported model is always that of the last epoch.
        "epoch": {"by": "last epoch", "split": None},
        "stopping": {"by": "number of epochs", "split": None},
        "views": {name: {"choice": "evenly spaced", "seed": None} for name in sorted(images)},
        "listing": {"sorted": list(ids) == sorted(ids)},
        "encoders": encoders,
    }


def image_views(config: RunConfig) -> int | None:
    """How many views an image's representation is the mean of; of frozen ones, in the configuration that made them.

    None where there are no images, or vectors from elsewhere.
    """
    section, frozen = config.modalities.get("image"), config.data.frozen
    if section is not None and section.kind == "features":
        made_here = frozen is not None and (not frozen.modalities or "image" in frozen.modalities)
        return image_views(load_config(frozen.config, frozen.changes)) if frozen is not None and made_here else None
    return getattr(build_modalities(config).get("image"), "views", None)


def what_it_saw(model: Path) -> dict[str, dict[str, Any]]:
    """By modality of an exported model, as its run beside it says: a name, the data set, and which labels it saw.

    `labels` is `none` for a method that reads none, `true` where the run's labels were without noise, else `given`;
    `undeclared` where there is no run. What a modality's encoder began from counts, if that saw labels.
    """
    specs = open_model(model).specs
    try:
        run = Run.open(model.parent)
    except CheckpointError:
        return {name: {"name": model.name, "trained_on": None, "labels": "undeclared"} for name in specs}
    facts, method = run.facts, run.config.method.name
    labels = "none" if method in _WITHOUT_LABELS else "given" if facts["noise"]["realised_rate"] else "true"
    own = {"name": f"a run of {method}", "trained_on": facts["data"]["name"], "labels": labels}
    earlier = dict((facts.get("practice") or {}).get("encoders") or {})
    return {
        name: dict(earlier[name]) if labels == "none" and earlier.get(name, own)["labels"] != "none" else dict(own)
        for name in specs
    }


def measured_objects(store: Store, rows: Any, *, split: str) -> dict[str, Any]:
    """Which objects of a split a result is of: how many are listed, measured and different, and who is left out."""
    listed = set(store.rows(split).tolist())
    taken = [int(row) for row in rows]
    return {
        "listed": len(listed),
        "measured": len(taken),
        "distinct": len(set(taken)),
        "left_out": [store.ids[row] for row in sorted(listed - set(taken))],
        "replaced": [store.ids[row] for row in sorted(set(taken) - listed)],
    }
