"""How a run was done, as facts beside its result: what `maquette lint` holds against the protocol `clean`."""

from __future__ import annotations

from typing import Any

from maquette.config import RunConfig
from maquette.data.store import Store

__all__ = ["measured_objects", "practice"]


def practice(config: RunConfig, store: Store) -> dict[str, Any]:
    """Facts that follow from a configuration and its data, as JSON values.

    `encoders` holds, for each modality that another network made or began, what that one saw: as the data set says
    (`source["encoders"]` of its manifest), or `undeclared` for a weights file.
    """
    frozen = store.manifest.source.get("encoders") or {}
    encoders = {}
    for name, section in sorted(config.modalities.items()):
        if section.kind == "features":
            encoders[name] = frozen.get(name, {"name": "frozen features", "trained_on": None, "labels": "undeclared"})
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
