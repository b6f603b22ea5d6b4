"""The model card: the README.md of a model folder, for whoever finds the folder without its maker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maquette.errors import ConfigError

__all__ = ["write_card"]

_KEYS = ("name", "description", "training_data", "metrics", "licence")


def write_card(card: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """The card as Markdown.

    `card` may give `name`, `description` (what it is for, what it is not for), `training_data`, `licence` (texts) and
    `metrics` (a mapping of names to figures; name protocol and split in them). What is not given is said to be
    unknown; another key raises a ConfigError. `config` is the model's configuration with its fingerprint.
    """
    unknown = sorted(card.keys() - set(_KEYS))
    if unknown:
        raise ConfigError(f"model card: unknown key {unknown[0]!r}: expected some of {', '.join(_KEYS)}")
    metrics = card.get("metrics") or {}
    figures = [f"| {name} | {_figure(value)} |" for name, value in metrics.items()]
    table = ["| metric | value |", "|---|---|", *figures] if figures else ["Unknown."]
    rows = [
        f"| {name} | {spec['encoder']} | {_options(spec['options'])} | {_options(spec['preparation'])} |"
        for name, spec in config["modalities"].items()
    ]
    lines = [
        f"# {card.get('name', 'A Maquette model')}",
        "",
        str(
            card.get(
                "description", "Encodes objects of several modalities into one common space, to be compared there."
            )
        ),
        "",
        "## Open it",
        "```python",
        "from maquette.encoders import open_model",
        'model = open_model("path/to/this/folder")',
        'representations = model.encode_inputs("' + next(iter(config["modalities"])) + '", inputs)',
        "```",
        "`inputs` are what the modality's `collate` returns, prepared with the settings below.",
        "",
        "## Modalities",
        f"All into a common space of {config['dimensions']} dimensions; compare by cosine.",
        "",
        "| modality | encoder | options | preparation |",
        "|---|---|---|---|",
        *rows,
        "",
        "## Training data",
        str(card.get("training_data", "Unknown.")),
        "",
        "## Metrics",
        *table,
        "",
        "## Licence",
        str(card.get("licence", "Unknown: ask whoever gave you this folder.")),
        "",
        "## Fingerprint",
        f"`{config['fingerprint']}`: representations are comparable with those of this model only.",
    ]
    return "\n".join(lines) + "\n"


def _figure(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _options(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in options.items()) or "defaults"
