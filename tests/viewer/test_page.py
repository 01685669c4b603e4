"""A page in a browser: its numbers, its findings, its contents; with scripts and without."""

from __future__ import annotations

import json
from typing import Any

from conftest import Site, Tab  # type: ignore[attr-defined]
from playwright.sync_api import expect

PAGE = "r/issue-16/pilot/index.html"
COUNT = ".panel .count[data-count='{}']"


def numbers(site: Site, key: str) -> list[dict[str, Any]]:
    """What the page's panel has been given."""
    run = site.library.run(key)
    assert run is not None
    from epm.viewer.data.numbers import as_data

    return list(as_data(run.numbers.numbers))


def test_every_bound_count_opens_as_many_cards_as_it_says(tab: Tab, site: Site) -> None:
    page = tab().open(PAGE)
    given = {number["key"]: number for number in numbers(site, "issue-16/pilot")}
    linked = page.locator("main [data-n]").evaluate_all("(all) => all.map((n) => n.dataset.n)")
    described = {
        key
        for key, number in given.items()
        if any(place["kind"] != "alt" for place in number["places"])
    }
    assert set(linked) == described
    counted = 0
    for key, number in given.items():
        counts = [
            (at, part, which)
            for at, part in enumerate(number["parts"])
            for which in ("k", "n")
            if part["found"] and part["of"] == which and part["counts"]
        ]
        if not counts:
            continue
        page.evaluate(f"location.hash = {json.dumps('n=' + str(key))}")
        expect(page.locator(".panel h2")).to_contain_text(str(number["text"]))
        for at, part, which in counts:
            size = part[which]
            label = f"the {size:g} that were counted" if which == "k" else f"all {size}"
            page.click(f".panel .choices button:text-is('Show {label}')")
            page.wait_for_selector(COUNT.format(f"{size:g}"))
            assert page.locator(".panel .card").count() == min(size, 100)
            counted += 1
            assert part["pointer"] in (page.text_content(".panel") or ""), at
    assert counted >= 20


def test_a_number_without_completions_says_what_it_is_made_of(tab: Tab) -> None:
    page = tab().open(PAGE)
    page.click("article.body a.n:text-is('+86.5')")
    panel = page.locator(".panel")
    expect(panel).to_contain_text("/analyses/effect/pairs/hedged~2-~2direct/overall/estimate")
    expect(panel).to_contain_text("0.8645833333333334")
    expect(panel.locator(".recount")).to_contain_text("computed from 'hedged answers'")
    assert panel.locator(".card").count() == 0


def test_the_panel_closes_back_to_its_number_by_keyboard_alone(tab: Tab) -> None:
    page = tab().open(PAGE)
    number = page.locator("article.body a.n:text-is('416/480')").first
    number.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(COUNT.format(416))
    expect(page.locator(".panel h2")).to_be_focused()
    page.locator(".panel .choices button", has_text="all 480").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(COUNT.format(480))
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    expect(number).to_be_focused()
    page.go_back()
    page.wait_for_selector(COUNT.format(416))
    page.reload()
    page.wait_for_selector(COUNT.format(416))
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_selector("h1:text-is('Matrix')")
    page.wait_for_load_state("load")  # keys are heard once the scripts have run
    page.keyboard.press("?")
    expect(page.locator("dialog h2")).to_have_text("Keyboard")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)


def test_rules_that_found_something_come_first_and_the_others_are_lists(
    tab: Tab, site: Site
) -> None:
    run = site.library.run("issue-16/pilot")
    assert run is not None
    assert run.report is not None
    by_status = {str(status): count for status, count in run.report.counts.items()}
    page = tab().open("r/issue-16/pilot/lint.html")
    assert page.locator("section.rule").count() == by_status["AWAITING"] > 0
    assert page.locator(".rules tbody tr").count() == by_status["PASS"] + by_status["SKIP"]
    assert page.locator(".rules tbody tr:visible").count() == by_status["PASS"]


def test_a_finding_leads_to_its_line_and_back(tab: Tab) -> None:
    for options in ({}, {"java_script_enabled": False}):
        page = tab(**options).open("r/issue-16/pilot/lint.html")
        finding = page.locator("article.finding").first
        key = finding.get_attribute("id")
        message = (finding.locator("p").first.text_content() or "").partition(" ")[2]
        finding.locator("a.line").click()
        mark = page.locator(f".margin#{key}")
        expect(mark).to_be_in_viewport()
        said, _, to_do = (mark.locator(".said").text_content() or "").partition(" — ")
        assert said in message
        assert to_do == "write it yourself"
        mark.locator("a").click()
        expect(page.locator(f"article.finding#{key}")).to_be_in_viewport()
        page.go_back()
        expect(mark).to_be_in_viewport()


def test_without_scripts_a_number_leads_to_all_that_is_known_of_it(tab: Tab) -> None:
    page = tab(java_script_enabled=False).open(PAGE)
    page.locator("article.body a.n:text-is('416/480')").first.click()
    section = page.locator(".number:target")
    expect(section).to_be_in_viewport()
    expect(section).to_contain_text("Counted again in the completions: 416 of 480")
    expect(section.locator("code", has_text="/overall/a/total")).to_be_visible()


def test_a_page_without_results_is_shown_and_says_what_is_missing(tab: Tab) -> None:
    page = tab().open("r/issue-2/no-json/index.html")
    expect(page.locator("article.body")).to_contain_text("A page, 3/4 of it.")
    expect(page.locator(".pagehead .notice")).to_contain_text("No number is underlined")
    assert page.locator(".notice", has_text="not readable JSON").count() == 1


def test_the_contents_lead_to_their_headings_and_figures_are_the_run_s_own(tab: Tab) -> None:
    page = tab().open(PAGE)
    page.click(".toc a:text-is('Results')")
    expect(page.locator("#h-results")).to_be_in_viewport()
    images = page.locator("article.body img")
    assert images.count() > 0
    assert images.evaluate_all("(all) => all.map((one) => one.getAttribute('src'))")[0].startswith(
        "figures/"
    )


def test_findings_of_one_line_stand_below_each_other_in_the_margin(tab: Tab) -> None:
    page = tab(viewport={"width": 1500, "height": 900}).open(PAGE)
    # the published page has one a line
    page.locator(".margin").first.evaluate("(mark) => mark.after(mark.cloneNode(true))")
    body = page.locator("article.body").bounding_box()
    boxes = [page.locator(".margin").nth(at).bounding_box() for at in (0, 1)]
    assert body is not None
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]
    assert all(box is not None and box["x"] > body["x"] + body["width"] for box in boxes)
    assert page.evaluate("document.documentElement.scrollWidth") == 1500
