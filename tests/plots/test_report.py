"""A report is one file that shows what it was given and reaches for nothing."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

from maquette.plots.report import Figure, Section, Table, write_report


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"td", "th"} and data.strip():
            self.cells.append(data)


def test_holds_its_pictures_and_escapes_its_words(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG pixels")
    path = tmp_path / "report" / "index.html"
    section = Section(
        "Chairs <& tables>",
        text=["one <script>alert(1)</script> two"],
        code="maquette search c --image 'a b.png'",
        tables=[Table(("query", "mAP"), [("image", "0.91")], caption="c")],
        figures=[Figure(picture, "a chair", 'a "chair"')],
    )
    write_report(path, title="T & T", lead="lead", sections=[section], footer="f")
    text = path.read_text(encoding="utf-8")
    assert "<script" not in text
    assert not re.search(r"(src|href)=\"(?!data:)", text), "the report reaches for a file or a host"
    reader = _Reader()
    reader.feed(text)
    assert reader.cells == ["query", "mAP", "image", "0.91"]
    (image,) = reader.images
    assert image["alt"] == 'a "chair"'
    assert base64.b64decode(str(image["src"]).split(",")[1]) == b"\x89PNG pixels"


def test_same_input_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_report(tmp_path / f"{name}.html", title="t", lead="l", sections=[Section("s", text=["x"])])
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
