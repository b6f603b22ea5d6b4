"""The page in a real browser: a file is dropped, models are seen, opened, compared, filtered; by keys alone, too."""

from __future__ import annotations

import base64
import io
import re
import time
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.serve.page.conftest import PATIENCE_MILLISECONDS, Open, upload
from tests.serve.page.pretend import QUERY, Pretend

pytestmark = pytest.mark.browser

DROP = """([name, text]) => {
    const moved = new DataTransfer();
    moved.items.add(new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], name));
    for (const kind of ["dragenter", "dragover", "drop"]) {
        const event = new DragEvent(kind, { dataTransfer: moved, bubbles: true, cancelable: true });
        document.querySelector(".zone").dispatchEvent(event);
    }
}"""


def drop(page: Any, file: dict[str, Any]) -> None:
    """Drop a file on the page, as a pointer does."""
    page.evaluate(DROP, [file["name"], base64.b64encode(file["buffer"]).decode()])


def search_by(page: Any, *files: dict[str, Any]) -> None:
    """Choose files and wait for the answer."""
    page.set_input_files("#picker", files=list(files))
    page.wait_for_selector(".facts")


def colors(page: Any, selector: str) -> int:
    """How many colors a part of the page shows."""
    with Image.open(io.BytesIO(page.locator(selector).screenshot())) as picture:
        return len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0))


def wait_for_colors(page: Any, selector: str, least: int) -> None:
    """Wait until a part of the page shows more than so many colors."""
    until = time.monotonic() + PATIENCE_MILLISECONDS / 1000
    while (shown := colors(page, selector)) <= least:
        assert time.monotonic() < until, f"{selector} is blank: it shows {shown} colors"
        page.wait_for_timeout(50)


def wait_for_models(page: Any) -> None:
    page.wait_for_selector('.stage[data-ready="true"]')


def test_a_dropped_photo_leads_to_models_in_groups(open_page: Open, service: Pretend, photo: dict[str, Any]) -> None:
    page = open_page()
    page.wait_for_selector(".example")
    drop(page, photo)
    page.wait_for_selector(".group.likely")
    assert service.uploads[0] == {"field": "image", "name": photo["name"], "bytes": len(photo["buffer"])}
    assert page.locator(".group.likely .card-name").all_inner_texts() == ["bowl-00000", "bowl-00001"]
    assert page.locator(".group.likely .card-number").all_inner_texts() == ["98 %", "97 %"]
    weak = page.locator("details.group.weak")
    assert weak.get_attribute("open") is None
    weak.locator("summary").click()
    shown = page.locator(".results .card-open").count()
    assert shown == len(service.items)
    assert page.locator("#live").inner_text() == f"{shown} models found among {shown} models."
    assert "In 9 of 10 such queries a right model is among the first 3." in page.inner_text(".results")


def test_several_files_make_one_query_with_weights(open_page: Open, service: Pretend, photo: dict[str, Any]) -> None:
    page = open_page()
    search_by(page, photo, upload("bowl.xyz", b"0 0 0\n1 1 1\n"))
    assert "1 photo + 1 scan" in page.inner_text(".facts")
    page.get_by_text("Assumed: up = Z").click()
    assert "48,000 points in the file" in page.inner_text(".tray")
    page.get_by_label("Weight of bowl.xyz").fill("0.5")
    page.locator(".weight output", has_text="0.5").wait_for()
    page.get_by_label("Not like this: bowl.xyz").click()
    page.wait_for_selector(".part.negative")
    page.wait_for_selector(".results[aria-busy=false]")
    assert [said["weights"] for said in service.uploads if "weights" in said] == [[1, 1], [1, 0.5], [1, -0.5]]


def test_a_model_is_opened_beside_the_query_and_over_it(open_page: Open, photo: dict[str, Any]) -> None:
    page = open_page()
    search_by(page, photo, upload("bowl.xyz", b"0 0 0\n1 1 1\n"))
    page.locator(".card-open").nth(1).click()
    wait_for_models(page)
    assert page.locator(".pane[data-loaded=true]").count() == 2
    wait_for_colors(page, ".stage", 200)
    before = page.locator(".stage canvas").screenshot()
    page.locator(".stage").focus()
    page.keyboard.press("ArrowLeft")
    until = time.monotonic() + PATIENCE_MILLISECONDS / 1000
    while page.locator(".stage canvas").screenshot() == before:
        assert time.monotonic() < until, "the models do not turn"
    page.get_by_role("button", name="Overlaid").click()
    assert page.get_by_role("button", name="Overlaid").get_attribute("aria-pressed") == "true"
    wait_for_colors(page, ".stage", 200)
    side = page.inner_text(".detail-side")
    assert "The shapes fit when turned by 90°." in side
    assert re.search(r"Distance when aligned\s+0.012 \(0.21 before\)", side)
    assert re.search(r"Surface that fits\s+94 %", side)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download").click()
    assert saved.value.suggested_filename == "bowl-00001.stl"
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    assert page.evaluate("document.activeElement.dataset.id") == "bowl/bowl-00001.stl"


def test_a_model_can_be_asked_for_more_or_less_of(open_page: Open, service: Pretend) -> None:
    page = open_page()
    page.locator(".card-open").first.click()
    page.get_by_role("button", name="More like this").click()
    page.wait_for_selector(".facts")
    page.locator(".card-open[data-id^=chair]").first.click()
    page.locator("dialog").get_by_role("button", name="Not like this").click()
    page.wait_for_selector(".part.negative")
    page.wait_for_selector(".results[aria-busy=false]")
    assert [said["weights"] for said in service.uploads if "weights" in said] == [[1], [1, -0.5]]
    assert "not like this model" in page.inner_text(".tray")


def test_the_examples_come_out_of_the_library(open_page: Open, service: Pretend) -> None:
    page = open_page()
    for kind, field in [("photo", "image"), ("scan", "pointcloud"), ("mesh", "file")]:
        page.locator(f".example.{kind}").click()
        page.wait_for_selector(".facts")
        assert [said["field"] for said in service.uploads if "field" in said] == [field]
        service.uploads.clear()
        page.get_by_role("button", name="New search").click()
    page.locator(".example.mixed").click()
    page.wait_for_selector(".facts")
    sent = [said for said in service.uploads if "field" in said]
    assert [said["field"] for said in sent] == ["image", "pointcloud"]
    assert sent[1]["bytes"] > 2000, "a scan of a few points"


def test_filters_are_conditions_of_the_service(open_page: Open, service: Pretend, photo: dict[str, Any]) -> None:
    page = open_page()
    search_by(page, photo)
    page.locator("#class-chair").check()
    page.locator(".tally strong", has_text=re.compile(r"^2$")).wait_for()
    assert {name.split("-")[0] for name in page.locator(".card-name").all_inner_texts()} == {"chair"}
    page.locator("#since").fill("2026-02-01")
    page.locator(".tally strong", has_text=re.compile(r"^1$")).wait_for()
    page.locator("#faces-to").fill("1")
    page.locator("#faces-to").press("Enter")
    page.get_by_text("No model passes these filters").wait_for()
    page.get_by_role("button", name="Clear the filters").last.click()
    page.wait_for_selector(".group.likely")
    asked = [line for line in service.asked if line.startswith("/api/queries")]
    assert "class+in+%22chair%22" in asked[0]
    assert "faces%3C%3D1" in asked[2]
    assert len(service.uploads) == 2, "the photo was sent again"


def test_the_address_restores_the_query(open_page: Open, service: Pretend, photo: dict[str, Any]) -> None:
    page = open_page()
    search_by(page, photo)
    page.locator("#class-chair").check()
    page.locator(".tally strong", has_text=re.compile(r"^2$")).wait_for()
    page.locator("#sort").select_option("newest")
    address = page.url
    assert f"q={QUERY}" in address
    again = open_page(path="/" + address.split("/")[-1])
    again.wait_for_selector(".facts")
    assert again.locator(".card-name").all_inner_texts() == ["chair-00001", "chair-00000"]
    assert photo["name"] in again.inner_text(".tray")
    assert again.locator("#class-chair").is_checked()


def test_chosen_models_are_compared_and_saved(open_page: Open, photo: dict[str, Any]) -> None:
    page = open_page()
    search_by(page, photo)
    for place in (0, 1):
        page.locator(".card").nth(place).hover()
        page.locator(".card-select").nth(place).click()
    assert "2 models selected" in page.inner_text("#selection")
    with page.expect_download() as saved:
        page.locator("#selection").get_by_role("button", name="CSV").click()
    rows = saved.value.path().read_text(encoding="utf-8").splitlines()
    assert rows[0].startswith("rank,id,class,probability")
    assert rows[1].startswith("1,bowl/bowl-00000.stl,bowl,0.98,likely,0.95,stl,")
    assert len(rows) == 3
    page.get_by_role("button", name="Compare").click()
    wait_for_models(page)
    assert page.locator(".pane[data-loaded=true]").count() == 2
    wait_for_colors(page, ".stage", 100)
    assert page.locator("thead th").all_inner_texts() == ["bowl-00000", "bowl-00001"]


def test_everything_by_keys_alone(open_page: Open, photo: dict[str, Any]) -> None:
    page = open_page()
    search_by(page, photo)
    focused = "document.activeElement.dataset.id"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.textContent") == "Add files"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "bowl/bowl-00000.stl"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    assert page.evaluate(focused) == "bowl/bowl-00001.stl"
    assert page.locator("dialog").count() == 0, "Space opened a model"
    assert page.locator(".card.chosen").count() == 2
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused).startswith("chair")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("c")
    page.get_by_role("heading", name="Compare 2 models").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.detail")
    page.keyboard.press("n")
    page.get_by_text("3 of ").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keyboard and help").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.locator(".card.chosen").count() == 0


def test_pictures_turn_under_the_pointer_unless_motion_is_unwanted(open_page: Open, service: Pretend) -> None:
    page = open_page()
    page.wait_for_selector(".example")  # what comes in above the models moves them away from under the pointer
    page.locator(".card").first.hover()
    page.wait_for_selector(".card-open.turning")
    assert any(line.startswith("/api/turntable") for line in service.asked)
    service.asked.clear()
    still = open_page(reduced_motion="reduce")
    still.wait_for_selector(".example")
    still.locator(".card").first.hover()
    still.wait_for_timeout(600)
    assert still.locator(".turning").count() == 0
    assert not any(line.startswith("/api/turntable") for line in service.asked)


def test_the_camera_gives_a_photo(open_page: Open, service: Pretend) -> None:
    page = open_page(permissions=["camera"])
    page.get_by_role("button", name="Camera", exact=True).click()
    page.get_by_role("button", name="Take the photo").click()
    page.wait_for_selector(".facts")
    assert service.uploads[0]["name"] == "camera.jpg"
    assert service.uploads[0]["bytes"] > 1000


def test_a_pasted_picture_is_a_query(open_page: Open, service: Pretend, photo: dict[str, Any]) -> None:
    page = open_page()
    page.wait_for_selector(".example")
    page.evaluate(
        """(text) => {
            const moved = new DataTransfer();
            const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
            moved.items.add(new File([bytes], "image.png", { type: "image/png" }));
            document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: moved, bubbles: true }));
        }""",
        base64.b64encode(photo["buffer"]).decode(),
    )
    page.wait_for_selector(".facts")
    assert service.uploads[0]["field"] == "image"


def test_names_of_files_are_text_and_never_markup(open_page: Open, photo: dict[str, Any]) -> None:
    page = open_page()
    name = "<img src=x onerror=alert(1)>.png"
    search_by(page, {**photo, "name": name})
    assert name in page.inner_text(".tray")
    assert page.locator("img[src=x]").count() == 0
