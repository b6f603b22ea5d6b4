"""Takes pictures of every state of the page: python docs/make_page_images.py DEMO SHOTS.

Chromium drives the real service over the collection of a finished demo, and over an empty one. `SHOTS` gets every state
at 1440 and 390 pixels, light and dark; those named in `SHOWN` go to docs/images, with few colors.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from maquette.search import Collection

IMAGES = Path(__file__).parent / "images"
SIZES = {1440: 900, 390: 844}
SHOWN = {
    "page-first": ["first-1440-light"],
    "page-results": ["results-1440-light"],
    "page-viewer": ["viewer-1440-dark"],
    "page-compare": ["compare-1440-light"],
    "page-collection": ["collection-1440-light"],
    "page-phone": ["first-390-light", "results-390-dark", "viewer-390-dark", "nothing-390-light"],
}
COLORS = 256
ARGUMENTS = ["--headless", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
NO_WEBGL = """
    const real = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind.startsWith("webgl") ? null : real.call(this, kind, ...rest);
    };
"""


@dataclass(frozen=True)
class Scene:
    """What the states are made of: addresses of the two services, and files to search by."""

    full: str
    empty: str
    files: dict[str, Path]


def choose(page: Page, *files: Path) -> None:
    """Choose files and wait for the answer."""
    page.wait_for_selector(".example")
    page.set_input_files("#picker", files=[str(file) for file in files])
    page.wait_for_selector(".facts")
    page.wait_for_selector(".results[aria-busy=false]")


def first(page: Page, scene: Scene) -> None:
    """The library, with examples made from it."""
    page.goto(scene.full)
    page.wait_for_selector(".example")
    page.wait_for_load_state("networkidle")


def empty(page: Page, scene: Scene) -> None:
    """A library without models."""
    page.goto(scene.empty)
    page.get_by_role("heading", name="This library is empty").wait_for()


def working(page: Page, scene: Scene) -> None:
    """A query that is being answered, held up on its way."""
    first(page, scene)
    page.route("**/api/search", lambda _: None)
    page.set_input_files("#picker", files=[str(scene.files["photo"]), str(scene.files["mesh"])])
    page.wait_for_selector(".working progress")


def results(page: Page, scene: Scene) -> None:
    """A photo and a scan as one query, two models selected."""
    page.goto(scene.full)
    choose(page, scene.files["photo"], scene.files["scan"])
    for place in (0, 1):
        page.locator(".card").nth(place).hover()
        page.locator(".card-select").nth(place).click()
    page.mouse.move(0, 0)


def nothing(page: Page, scene: Scene) -> None:
    """A picture of nothing that is there."""
    page.goto(scene.full)
    choose(page, scene.files["noise"])


def refused(page: Page, scene: Scene) -> None:
    """A file beyond the service's limit."""
    page.goto(scene.full)
    page.wait_for_selector(".example")
    page.set_input_files("#picker", files=[str(scene.files["huge"])])
    page.get_by_role("heading", name="This file cannot be used").wait_for()


def damaged(page: Page, scene: Scene) -> None:
    """A file that is not what it says, beside one that is."""
    page.goto(scene.full)
    choose(page, scene.files["photo"], scene.files["broken"])


def gone(page: Page, scene: Scene) -> None:
    """A service that does not answer any more."""
    first(page, scene)
    page.route("**/api/**", lambda route: route.abort("connectionrefused"))
    page.set_input_files("#picker", files=[str(scene.files["photo"])])
    page.get_by_role("heading", name="The service does not answer").wait_for()


def viewer(page: Page, scene: Scene) -> None:
    """A model beside the query."""
    page.goto(scene.full)
    choose(page, scene.files["mesh"])
    page.locator(".card-open").first.click()
    page.wait_for_selector('.stage[data-ready="true"]')
    page.get_by_text(re.compile("coincide|alike|differ|not compared")).first.wait_for()


def no_webgl(page: Page, scene: Scene) -> None:
    """A model where the browser draws no 3D."""
    page.add_init_script(NO_WEBGL)
    page.goto(scene.full)
    page.wait_for_selector(".card-open")
    page.locator(".card-open").first.click()
    page.wait_for_selector(".turn-face")
    page.wait_for_function("getComputedStyle(document.querySelector('.turn-face')).backgroundImage !== 'none'")


def compare(page: Page, scene: Scene) -> None:
    """Two models under one camera."""
    results(page, scene)
    page.get_by_role("button", name="Compare").click()
    page.wait_for_selector('.stage[data-ready="true"]')
    page.wait_for_timeout(1000)


def collection(page: Page, scene: Scene) -> None:
    """Classes, jobs, models of one shape."""
    page.goto(scene.full + "?view=collection")
    page.wait_for_selector(".class-name")
    page.wait_for_load_state("networkidle")


STATES: list[Callable[[Page, Scene], None]] = [
    first,
    empty,
    working,
    results,
    nothing,
    refused,
    damaged,
    gone,
    viewer,
    no_webgl,
    compare,
    collection,
]


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run the service over a collection; give its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "maquette", "serve", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - this very Python
        try:
            address = f"http://127.0.0.1:{port}/"
            while True:
                with contextlib.suppress(httpx.TransportError):
                    httpx.get(address + "api/ready", trust_env=False, timeout=60).raise_for_status()
                    break
                if process.poll() is not None:
                    raise SystemExit(f"no service over {folder}: try maquette serve {folder}")
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()


def make_files(demo: Path, folder: Path) -> dict[str, Path]:
    """Return files to search by: of the demo's queries, of noise, damaged, and too large."""
    noise = np.random.default_rng(0).integers(0, 255, size=(12, 12, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((240, 240), Image.Resampling.BICUBIC).save(folder / "wallpaper.png")
    (folder / "cut-off.stl").write_bytes(b"\0" * 80 + (200_000).to_bytes(4, "little") + b"\0" * 5000)
    with (folder / "cathedral.stl").open("wb") as file:
        file.truncate(180 * 2**20)
    scan = next(path for path in sorted((demo / "data" / "scans" / "chair").iterdir()) if path.is_file())
    return {
        "photo": sorted((demo / "data" / "photos" / "chair").glob("*.png"))[0],
        "scan": scan,
        "mesh": sorted((demo / "data" / "models" / "teapot").iterdir())[0],
        "noise": folder / "wallpaper.png",
        "broken": folder / "cut-off.stl",
        "huge": folder / "cathedral.stl",
    }


def shoot(browser: Any, scene: Scene, shots: Path, wanted: set[str]) -> None:
    """Write the pictures of all states, or of those that are wanted."""
    for state in STATES:
        if wanted and state.__name__ not in wanted:
            continue
        for width, height in SIZES.items():
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme="light", reduced_motion="reduce"
            )
            context.set_default_timeout(120_000)
            page = context.new_page()
            state(page, scene)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.wait_for_timeout(500)
                page.screenshot(path=shots / f"{state.__name__}-{width}-{scheme}.png")
            context.close()


def show(shots: Path) -> None:
    """Write the pictures that documents show: one shot, or several side by side."""
    for name, parts in SHOWN.items():
        if not all((shots / f"{part}.png").is_file() for part in parts):
            continue
        opened = [Image.open(io.BytesIO((shots / f"{part}.png").read_bytes())).convert("RGB") for part in parts]
        gap = 16 if len(opened) > 1 else 0
        sheet = Image.new("RGB", (sum(one.width + gap for one in opened) - gap, opened[0].height), "#888")
        left = 0
        for one in opened:
            sheet.paste(one, (left, 0))
            left += one.width + gap
        if sheet.width > 1200:
            sheet = sheet.resize((1200, round(sheet.height * 1200 / sheet.width)), Image.Resampling.LANCZOS)
        sheet.quantize(COLORS, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)


def main(demo: Path, shots: Path, wanted: set[str]) -> None:
    """Start the services and the browser, take the pictures, write those that are shown."""
    shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        bare = Collection.create(Path(place) / "empty", model=demo / "run" / "model", name="parts").folder
        found = shutil.which("chromium") or shutil.which("google-chrome")
        with serving(demo / "collection") as full, serving(bare) as nothing_there, sync_playwright() as play:
            browser = play.chromium.launch(executable_path=found, args=ARGUMENTS)
            shoot(browser, Scene(full, nothing_there, make_files(demo, Path(place))), shots, wanted)
            browser.close()
    show(shots)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), set(sys.argv[3:]))
