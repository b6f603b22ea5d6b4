"""A report: one HTML file that holds its pictures, needs no network and no script, and reads well on paper."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Figure", "Section", "Table", "write_report"]

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1f23; --quiet: #5b6570; --line: #d4dae0; --page: #ffffff; --band: #f3f5f7; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebee; --quiet: #a3adb8; --line: #3a424b; --page: #15181c; --band: #1e2328; }
}
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem 4rem; background: var(--page); color: var(--ink);
       font: 16px/1.55 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.9rem; margin: 0 0 .5rem; } h2 { font-size: 1.3rem; margin: 2.75rem 0 .5rem; }
p { max-width: 46rem; } .quiet, figcaption { color: var(--quiet); font-size: .9rem; }
figure { margin: 1rem 0; } figure img { max-width: 100%; height: auto; background: #fff;
             border: 1px solid var(--line); border-radius: 6px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); font-size: .9rem; padding-bottom: .35rem; }
th, td { padding: .35rem .8rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; } thead th { background: var(--band); }
pre { background: var(--band); padding: .8rem 1rem; border-radius: 6px; overflow-x: auto; font-size: .88rem; }
@media print { body { max-width: none; } h2 { break-after: avoid; } figure { break-inside: avoid; } }
"""


@dataclass(frozen=True)
class Figure:
    """A PNG, the words under it, and what somebody who cannot see it should know."""

    path: Path
    caption: str
    alt: str


@dataclass(frozen=True)
class Table:
    """Rows of cells under a header; the first column names the row."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it, in this order: text, code, tables, figures."""

    title: str
    text: Sequence[str] = ()
    code: str = ""
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()


def write_report(path: Path, *, title: str, lead: str, sections: Sequence[Section], footer: str = "") -> None:
    """Write the report to `path`; pictures are embedded, so the file can be sent on its own."""
    body = "\n".join(_section(section) for section in sections)
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{html.escape(title)}</h1>\n<p>{html.escape(lead)}</p>\n{body}\n"
        f'<p class="quiet">{html.escape(footer)}</p>\n</body>\n</html>\n'
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(page, encoding="utf-8")
    partial.replace(path)


def _section(section: Section) -> str:
    parts = [f"<h2>{html.escape(section.title)}</h2>"]
    parts += [f"<p>{html.escape(text)}</p>" for text in section.text]
    if section.code:
        parts.append(f"<pre><code>{html.escape(section.code)}</code></pre>")
    parts += [_table(table) for table in section.tables]
    parts += [_figure(figure) for figure in section.figures]
    return "\n".join(parts)


def _table(table: Table) -> str:
    caption = f"<caption>{html.escape(table.caption)}</caption>" if table.caption else ""
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in table.header)
    rows = "\n".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return f'<div class="scroll"><table>{caption}<thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>'


def _figure(figure: Figure) -> str:
    data = base64.b64encode(figure.path.read_bytes()).decode("ascii")
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{html.escape(figure.alt, quote=True)}">'
        f"<figcaption>{html.escape(figure.caption)}</figcaption></figure>"
    )
