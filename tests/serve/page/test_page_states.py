"""Every state of the page, in a real browser: empty, at work, nothing found, refused, gone, no WebGL, any width."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from tests.serve.page.conftest import Open, upload
from tests.serve.page.pretend import QUERY, Pretend, failing, pretending
from tests.serve.page.test_page import search_by

pytestmark = pytest.mark.browser

NO_WEBGL = """
    const real = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind.startsWith("webgl") ? null : real.call(this, kind, ...rest);
    };
"""


def choose(page: Any, *files: dict[str, Any]) -> None:
    page.set_input_files("#picker", files=list(files))


def test_an_empty_library_says_how_to_fill_it(open_page: Open, service: Pretend) -> None:
    service.items = {}
    page = open_page()
    page.get_by_role("heading", name="This library is empty").wait_for()
    assert "maquette index add COLLECTION models/" in page.inner_text(".empty")
    page.get_by_role("link", name="Add models here").click()
    page.get_by_role("heading", name="Add models").wait_for()


def test_work_is_shown_by_stages_and_can_be_stopped(open_page: Open, service: Pretend, photo: dict[str, Any]) -> None:
    service.held = threading.Event()
    page = open_page()
    page.wait_for_selector(".example")
    choose(page, photo)
    page.get_by_text(f"Reading 1 part, then comparing with {len(service.items)} models").wait_for()
    page.get_by_role("button", name="Stop").click()
    service.held.set()
    page.get_by_text("In this library").wait_for()
    assert page.locator(".part").count() == 0


def test_nothing_like_this_is_an_answer(open_page: Open, photo: dict[str, Any]) -> None:
    page = open_page()
    search_by(page, {**photo, "name": "strange.png"})
    assert "Nothing like this here" in page.inner_text(".notice")
    assert page.locator(".card-open").count() > 0


def test_without_calibration_there_is_one_group(open_page: Open, service: Pretend, photo: dict[str, Any]) -> None:
    service.calibrated = False
    page = open_page()
    search_by(page, photo)
    assert page.locator(".group").count() == 1
    assert "there are no probabilities" in page.inner_text(".group h2")
    assert "Numbers are similarities" in page.inner_text(".results")
    assert page.locator(".card-number").first.inner_text() == "0.95"


def test_a_file_over_the_limit_is_refused_before_it_is_sent(open_page: Open, service: Pretend) -> None:
    page = open_page()
    page.wait_for_selector(".example")
    choose(page, upload("huge.stl", b" " * (3 * 2**20)))
    page.get_by_role("heading", name="This file cannot be used").wait_for()
    assert "3.0 MB: the limit is 1.0 MB." in page.inner_text(".results")
    assert service.uploads == []


def test_a_refusal_shows_the_limit_and_the_value(open_page: Open, service: Pretend) -> None:
    message = "dense.stl: 7,000,000 faces: expected at most 5,000,000"
    service.say["/api/search"] = lambda _: failing(422, "faces", message, limit=5_000_000, value=7_000_000)
    page = open_page(expected=("422",))
    choose(page, upload("dense.stl", b"solid"))
    page.get_by_role("heading", name="This file cannot be used").wait_for()
    shown = page.inner_text(".results")
    assert message in shown
    assert "Given\n7,000,000\nLimit\n5,000,000" in shown


def test_one_bad_file_costs_only_itself(open_page: Open, photo: dict[str, Any]) -> None:
    page = open_page()
    search_by(page, photo, upload("broken.xyz", b"x y"))
    assert "1 file not used" in page.inner_text(".notice.warn")
    assert "line 3: expected 3 numbers" in page.inner_text(".part.refused")
    assert page.locator(".group.likely .card").count() == 2


def test_a_query_of_refusals_only_is_nothing_to_look_for(open_page: Open, photo: dict[str, Any]) -> None:
    page = open_page()
    search_by(page, photo)
    page.get_by_label("Not like this").click()
    page.get_by_role("heading", name="Nothing to look for").wait_for()


def test_a_busy_service_is_asked_again(open_page: Open, service: Pretend, photo: dict[str, Any]) -> None:
    service.say["/api/search"] = lambda _: failing(429, "too_many", "more than 600 requests: try again in 2.0 s")
    page = open_page(expected=("429",))
    choose(page, photo)
    page.get_by_role("heading", name="The service is busy").wait_for()
    service.say.clear()
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(".group.likely")


def test_an_old_address_says_that_its_query_is_gone(open_page: Open) -> None:
    page = open_page(path=f"/?q={QUERY[::-1]}", expected=("404",))
    page.get_by_role("heading", name="This query is not kept any more").wait_for()
    page.get_by_role("button", name="New search").first.click()
    page.wait_for_selector(".example")


def test_a_service_that_is_gone_is_waited_for(browser: Any, showroom: Pretend, photo: dict[str, Any]) -> None:
    from tests.serve.page.conftest import opened

    service = Pretend(showroom.folder, showroom.library)
    with pretending(service):
        port = service.port
        gone = ("ERR_CONNECTION", "Failed to load")
        context = opened(browser, service.address(), width=1280, height=860, expected=gone)
        page = context.__enter__()
        page.wait_for_selector(".example")
    choose(page, photo)
    page.get_by_role("heading", name="The service does not answer").wait_for()
    assert "Nothing on this page is lost" in page.inner_text("#banner")
    with pretending(service, port):
        page.wait_for_selector(".group.likely")  # it asked again by itself
        assert page.locator("#banner").is_hidden()
        context.__exit__(None, None, None)


def test_without_webgl_pictures_from_all_sides_are_shown(open_page: Open, service: Pretend) -> None:
    page = open_page(expected=("WebGL",))
    page.add_init_script(NO_WEBGL)
    page.reload()
    page.locator(".card-open").first.click()
    page.wait_for_selector(".turn-face")
    assert "no WebGL" in page.inner_text(".stage-tools")
    page.get_by_role("slider", name="Turn").fill("3")
    assert page.locator(".turn-face").get_attribute("aria-label") == "bowl-00000, side 4 of 12"


def test_a_token_is_asked_for_and_asked_again_if_wrong(open_page: Open, service: Pretend) -> None:
    service.token = "right"
    page = open_page(expected=("401",))
    page.get_by_role("heading", name="A token, please").wait_for()
    page.locator("#token").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="That token was not taken").wait_for()
    page.locator("#token").fill("right")
    page.keyboard.press("Enter")
    page.wait_for_selector(".example")
    page.locator(".card img[src^='blob:']").first.wait_for()


def test_the_collection_shows_classes_jobs_and_doubles(open_page: Open, service: Pretend) -> None:
    page = open_page(path="/?view=collection")
    page.get_by_role("heading", name="Showroom").wait_for()
    assert page.locator(".class-name").all_inner_texts() == list(service.classes())
    page.set_input_files("input[aria-label='Models to add']", files=[upload("a.stl", b"solid"), upload("b.stl", b"")])
    page.wait_for_selector(".job")
    assert "1 of 2 files · 1 added · 1 refused" in page.inner_text(".job")
    page.get_by_text("Why 1 file was refused").click()
    assert "b.stl 0 faces" in page.inner_text(".job")
    service.jobs[0] |= {"state": "done", "done": 2}
    page.get_by_text("2 of 2 files").wait_for()
    page.get_by_role("button", name="Look for them").click()
    page.get_by_text("Same shape, another size").wait_for()
    page.get_by_role("button", name="bowl", exact=False).first.click()
    page.locator(".tally strong", has_text=re.compile(r"^2$")).wait_for()
    assert page.locator("#class-bowl").is_checked()


@pytest.mark.parametrize("width", [360, 768, 1280, 2560])
def test_it_fits_every_width(width: int, open_page: Open, photo: dict[str, Any]) -> None:
    page = open_page(width=width)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    page.wait_for_selector(".example")
    assert page.evaluate(overflow) == 0
    search_by(page, photo, upload(f"bowl-{'with-a-long-name-' * 6}.xyz", b"0 0 0"))
    assert page.evaluate(overflow) == 0
    page.locator(".card-open").first.click()
    page.wait_for_selector("dialog.detail")
    box = page.locator("dialog.detail").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert page.locator("dialog.detail .close").is_visible()
    page.keyboard.press("Escape")
    page.locator(".views [data-go=collection]").click()
    page.get_by_role("heading", name="Showroom").wait_for()
    assert page.evaluate(overflow) == 0


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_axe_finds_nothing_serious(scheme: str, width: int, open_page: Open, photo: dict[str, Any]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(color_scheme=scheme, width=width, reduced_motion="reduce")

    def look(where: str) -> None:
        page.wait_for_function("document.getAnimations().every((one) => one.playState !== 'running')")
        found = Axe().run(page).response["violations"]
        serious = [
            f"{fault['id']}: {[node['html'][:160] for node in fault['nodes'][:3]]}"
            for fault in found
            if fault["impact"] in ("serious", "critical")
        ]
        assert not serious, f"{where}: {serious}"

    page.wait_for_selector(".example img")
    look("the first screen")
    search_by(page, photo, upload("bowl.xyz", b"0 0 0"), upload("broken.xyz", b"x"))
    page.locator("details.weak summary").click()
    page.locator(".card-open").first.focus()
    page.keyboard.press("Space")
    look("results")
    page.keyboard.press("Enter")
    page.wait_for_selector('.stage[data-ready="true"]')
    look("a model")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    look("help")
    page.keyboard.press("Escape")
    page.locator(".views [data-go=collection]").click()
    page.get_by_role("button", name="Look for them").click()
    page.get_by_text("Same shape, another size").wait_for()
    look("the collection")
