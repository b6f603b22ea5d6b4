"""A real browser, and a page in it that fails a test by itself if it complains or asks another host for anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import find_browser
from tests.serve.page.pretend import Pretend, pretending

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    # Only what is drawn in 3D goes through the emulated graphics card; the rest of the page is drawn faster without.
    "--disable-gpu-compositing",
    "--disable-gpu-rasterization",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
PATIENCE_MILLISECONDS = 60_000
"""Long enough for a first picture in 3D without a graphics card on a busy machine."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        launched = play.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def showroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pretend]:
    """A service that pretends, with a library of a few objects."""
    with pretending(Pretend.make(tmp_path_factory.mktemp("showroom"))) as service:
        yield service


@pytest.fixture
def service(showroom: Pretend) -> Pretend:
    """The service that pretends, as it is at the start."""
    showroom.fresh()
    return showroom


Open = Callable[..., Any]


@contextmanager
def opened(
    browser: Any, address: str, *, width: int = 1000, height: int = 700, expected: tuple[str, ...] = (), **options: Any
) -> Iterator[Any]:
    """A page at an address; on leaving, nothing may have gone wrong in it but what holds an `expected` text."""
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto(address)
    yield page
    context.close()
    # Software drawing is slow, and Chromium says so; that is no fault of the page.
    unexpected = [text for text in complaints if "GPU stall" not in text and not any(word in text for word in expected)]
    assert not unexpected, f"the console says: {unexpected}"
    assert hosts <= {urlsplit(address).netloc, ""}, f"the page asks other hosts: {hosts}"


@pytest.fixture
def open_page(browser: Any, service: Pretend) -> Iterator[Open]:
    """Opens the page of the pretending service: `open_page(width=360, path="/?q=...", expected=("404",))`."""
    left: list[Any] = []

    def open_(*, path: str = "/", **options: Any) -> Any:
        one = opened(browser, service.address(path), **options)
        left.append(one)
        return one.__enter__()

    yield open_
    for one in left:
        one.__exit__(None, None, None)


@pytest.fixture
def photo(service: Pretend) -> dict[str, Any]:
    """A picture of a bowl, as a browser hands a file over."""
    return upload("bowl-at-home.png", service.file("bowl/bowl-00000.stl", ".png").read_bytes())


def upload(name: str, content: bytes) -> dict[str, Any]:
    """A file for an <input>."""
    kinds = {".png": "image/png", ".xyz": "text/plain"}
    return {"name": name, "mimeType": kinds.get(Path(name).suffix, "application/octet-stream"), "buffer": content}
