"""What stands beside a table for machines: `results.json`, its metrics alone, and `manifest.json`, how they came about.

Metrics depend on nothing but configurations, data and seeds: a second run by the same installation on the same machine
writes the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from maquette.bench.plan import Row, Table
from maquette.data.atomic import write_atomically
from maquette.train.provenance import machine_words, provenance

__all__ = ["write_account"]


def write_account(
    folder: Path, table: Table, results: Sequence[Mapping[str, Any]], *, size: str, figures: Sequence[Path] = ()
) -> None:
    """Write both files into `folder`; rows without a result stand in the manifest as not run."""
    metrics = {result["row"]: _maps(result["metrics"], table) for result in results}
    write_atomically(folder / "results.json", _bytes({"table": table.name, "map": metrics}))
    by_row = {result["row"]: result for result in results}
    manifest = {
        "table": table.name,
        "size": size,
        "command": table.command,
        "rows": {row.name: _row(row, by_row[row.name]) for row in table.rows if row.name in by_row},
        "not_run": [row.name for row in table.rows if row.name not in by_row],
        "seconds": round(sum(result["seconds"] for result in results), 1),
        "figures": [path.name for path in figures],
        "written_by": provenance(),
    }
    write_atomically(folder / "manifest.json", _bytes(manifest))


def _row(row: Row, result: Mapping[str, Any]) -> dict[str, Any]:
    """What identifies a run; its whole configuration and machine stand in its own file."""
    made = result["provenance"]
    return {
        "config": row.config.relative_to(row.config.parents[1]).as_posix(),
        "data": result["data"]["digest"],
        "machine": f"{machine_words(made)}, {made['threads']} threads",
        "commit": made["commit"],
        **{name: result[name] for name in ("identity", "seeds", "seconds")},
    }


def _maps(metrics: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """Of each protocol the mAP a pair; of views likewise, by their number."""
    found: dict[str, Any] = {
        name: {pair: values["map"] for pair, values in metrics[name].items()} for name in table.protocols
    }
    for name, by_count in metrics.get("views", {}).items():
        for count, pairs in by_count.items():
            found[f"{name}, {count} views"] = {pair: values["map"] for pair, values in pairs.items()}
    return found


def _bytes(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, indent=1, sort_keys=True) + "\n").encode()
