"""What a model needs to know of one modality: which encoder, with which options, and how inputs were prepared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from maquette.errors import ConfigError

__all__ = ["ModalitySpec"]


@dataclass(frozen=True)
class ModalitySpec:
    """What a model needs to know of one modality, as JSON values.

    `encoder` and `options` build its encoder; `preparation` are the modality's own settings (kept, not read here), so
    that a query is prepared as the training data was; `weights` is a file the encoder starts from, once, before
    training: it is not part of an exported model.
    """

    encoder: str
    options: Mapping[str, Any] = field(default_factory=dict)
    preparation: Mapping[str, Any] = field(default_factory=dict)
    weights: str | None = None

    def __post_init__(self) -> None:
        # Tuples become lists now rather than after a round trip, so that a reopened model has an equal spec.
        for name in ("options", "preparation"):
            try:
                plain = json.loads(json.dumps(dict(getattr(self, name)), allow_nan=False))
            except (TypeError, ValueError) as error:
                raise ConfigError(f"{self.encoder}: {name} must be JSON values: {error}") from error
            object.__setattr__(self, name, plain)

    def as_json(self) -> dict[str, Any]:
        """What an exported model keeps."""
        kept = asdict(self)
        del kept["weights"]
        return kept
