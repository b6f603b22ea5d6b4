"""`maquette serve`: the search engine and its page over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.app import app
from maquette.cli.collection import CollectionArgument
from maquette.cli.progress import say
from maquette.cli.starting import collecting_later


@app.command()
def serve(
    collection: CollectionArgument,
    host: Annotated[
        str, typer.Option(help="Where to listen; an address that others can reach needs tokens.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    read_only: Annotated[bool, typer.Option("--read-only", help="Nobody may add or remove.")] = False,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="Lines 'reader TOKEN' and 'writer TOKEN'; or set MAQUETTE_READER_TOKEN, MAQUETTE_WRITER_TOKEN."
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A name browsers may address the service by; may be repeated.")
    ] = None,
    searches_per_minute: Annotated[int, typer.Option(min=1, help="How many one client may make.")] = 600,
    searches_at_once: Annotated[
        int, typer.Option(min=1, help="How many may run or wait in all; more are answered 429.")
    ] = 64,
    threads: Annotated[int, typer.Option(min=0, help="Threads that encode; 0: half of the cores.")] = 0,
) -> None:
    """Serve a collection: the page at /, the interface under /api; Ctrl-C or SIGTERM stops it when writes are done."""
    from maquette.serve import Settings, Tokens

    tokens = Tokens.read(token_file, environment=os.environ)
    settings = Settings(
        host=host,
        port=port,
        read_only=read_only,
        tokens=tokens,
        allowed_hosts=tuple(allow_host or ()),
        searches_per_minute=searches_per_minute,
        searches_at_once=searches_at_once,
    )
    with collecting_later():
        from maquette.serve.readers import start_readers

        # First of all: the processes that read files import their libraries while this one imports its own.
        readers = start_readers(settings)
        import torch

        from maquette.serve import Service
        from maquette.serve import serve as run

        # The rest of the cores is left to the threads that answer, and to the processes that read files.
        torch.set_num_threads(threads or max(1, (os.cpu_count() or 2) // 2))
        service = Service.open(collection, settings, readers=readers)
    shown = f"[{host}]" if ":" in host else host
    say(f"{len(service.library.index)} items in {collection}; open http://{shown}:{port}/ (Ctrl-C stops it)")
    run(service)
