"""How long work shows itself: a bar on a terminal, a plain line every few seconds elsewhere. Always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["say", "stage"]

_SECONDS_BETWEEN_LINES = 5.0


def say(text: str) -> None:
    """One line for the person who waits (stderr, so that --json output stays clean)."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def stage(name: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show the progress of one stage; yields `update(done, total, note)`."""
    if sys.stderr.isatty():
        with _bar(name) as update:
            yield update
    else:
        with _lines(name) as update:
            yield update


@contextmanager
def _bar(name: str) -> Iterator[Callable[[int, int, str], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(name, total=None, note="")

        def update(done: int, total: int, note: str = "") -> None:
            progress.update(task, completed=done, total=total, note=note)

        yield update


@contextmanager
def _lines(name: str) -> Iterator[Callable[[int, int, str], None]]:
    started = last = time.monotonic()
    say(f"{name} ...")
    latest = (0, 0)

    def update(done: int, total: int, note: str = "") -> None:
        nonlocal last, latest
        latest = (done, total)
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN_LINES and done < total:
            last = now
            say(f"  {name}: {done:,} of {total:,}{'  ' + note if note else ''}")

    yield update
    count = f"{latest[1]:,} in " if latest[1] else ""
    say(f"  {name}: done, {count}{time.monotonic() - started:.1f} s")
