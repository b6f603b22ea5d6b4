"""Importing what keeps an index on disk, without what a folder on disk never asks for.

lancedb brings the client of a catalogue on another machine along: hundreds of data classes and calls, for each of which
pydantic builds a validator on import. That is half of the time that lancedb takes to import, and nearly a fifth of what
a service takes to be ready.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from threading import Lock
from typing import Any

__all__ = ["import_lancedb"]

_IMPORTING = Lock()


def import_lancedb() -> Any:
    """Return the module `lancedb`, imported with validators that are built when first used, not at once."""
    with _IMPORTING, nullcontext() if "lancedb" in sys.modules else _validators_later():
        import lancedb
    return lancedb


@contextmanager
def _validators_later() -> Iterator[None]:
    """Have pydantic put off building validators (its own `defer_build`) for what is defined inside the `with`."""
    import pydantic

    library: Any = pydantic
    at_once, settings = library.validate_call, library.BaseModel.model_config
    library.validate_call = partial(at_once, config={"defer_build": True})
    library.BaseModel.model_config = {**settings, "defer_build": True}
    try:
        yield
    finally:
        library.validate_call, library.BaseModel.model_config = at_once, settings
