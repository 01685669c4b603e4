"""Every screen: for everybody, at any size, in both schemes, and nothing that is not its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_rules import violations
from conftest import Site, Tab  # type: ignore[attr-defined]
from playwright.sync_api import expect

SCREENS = {
    "runs": "index.html",
    "tasks": "tasks.html",
    "compare": "compare.html#a=issue-1/hostile&b=issue-2/cut",
    "page": "r/issue-16/pilot/index.html",
    "panel": "r/issue-16/pilot/index.html#n=n12",
    "numbers": "r/issue-1/hostile/numbers.html",
    "matrix": "r/issue-16/pilot/matrix.html",
    "samples": "r/issue-1/hostile/samples.html#c=villain",
    "side by side": "r/issue-16/pilot/samples.html#i=q01&k=conditions&m=hedge",
    "no sample": "r/issue-1/hostile/samples.html#q=no+such+words",
    "cut": "r/issue-2/cut/samples.html#c=villain",
    "no completions": "r/issue-2/schema-1/samples.html",
    "no page": "r/issue-2/schema-1/index.html",
    "figures": "r/issue-16/pilot/figures.html",
    "lint": "r/issue-16/pilot/lint.html",
    "history": "r/issue-16/pilot/history.html",
    "issue": "issues/16.html#comments",
    "files": "r/issue-16/pilot/files.html",
}
READY = {
    "compare": "#said[data-done]",
    "panel": ".panel h2",
    "samples": "#count[data-count]:not([data-count=''])",
    "side by side": ".lanes .card",
    "no sample": "#count[data-count='0']",
    "cut": ".card",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_screen(tab: Tab, axe: str, scheme: str) -> None:
    watched = tab(color_scheme=scheme, bypass_csp=True)
    found = {}
    for name, address in SCREENS.items():
        page = watched.open(address)
        page.wait_for_selector(READY.get(name, "h1"))
        if wrong := violations(page, axe):
            found[name] = wrong
    page.keyboard.press("?")
    page.wait_for_selector("dialog")
    assert not found
    assert violations(page, axe) == []


def test_nothing_is_wider_than_320_pixels_but_what_scrolls_by_itself(tab: Tab) -> None:
    watched = tab(viewport={"width": 320, "height": 640})
    wide = {}
    for name, address in SCREENS.items():
        page = watched.open(address)
        page.wait_for_selector(READY.get(name, "h1"))
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            wide[name] = width
    assert not wide


def test_both_carriers_have_the_same_bytes(served: Site, exported: Site) -> None:
    from epm.viewer.routes import addresses, content

    names = list(addresses(served.library))
    assert len(names) == len(set(names)) > 60
    for name in names:
        found = content(served.library, name)
        file = exported.folder / name
        assert (found is not None) == file.exists(), name
        if found is not None and not name.endswith("/files.html"):
            assert file.read_bytes() == found.body, name


def test_every_link_and_file_that_a_page_names_exists(exported: Site) -> None:
    pages = sorted(exported.folder.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        html = page.read_text(encoding="utf-8")
        ids = set(re.findall(r'\bid="([^"]*)"', html))
        for address in re.findall(r'\b(?:href|src)="([^"]*)"', html):
            if re.match(r"(https?|mailto):", address) or "%" in address.partition("#")[0]:
                continue
            path, _, fragment = address.partition("#")
            assert not path or (page.parent / path).is_file(), f"{page.name}: {address}"
            if not path and re.match(r"f\d|n\d", fragment):
                assert fragment in ids, f"{page.name}: {address}"


def test_each_point_of_a_figure_leads_to_its_completions(tab: Tab) -> None:
    watched = tab()
    page = watched.open("r/issue-16/pilot/figures.html")
    points = page.locator("#written svg.drawn a, #length svg.drawn a, #effect svg.drawn a")
    addresses = points.evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
    assert len(addresses) == 5
    assert page.locator("#weighed svg.drawn a").count() == 0
    assert page.locator("#written tbody th a").count() == 2
    for address, n in zip(addresses, [480, 480, 480, 480, 960], strict=True):
        watched.open(f"r/issue-16/pilot/{address}")
        page.wait_for_selector(f"#count[data-count='{n}']")
    without = tab(java_script_enabled=False).open("r/issue-16/pilot/figures.html")
    without.click("#written summary")
    expect(without.locator("#written tbody a").first).to_be_visible()


def test_two_runs_show_only_what_differs_and_paired_completions(tab: Tab) -> None:
    page = tab().open("index.html")
    page.check("input[value='issue-1/hostile']")
    page.check("input[value='issue-1/other']")
    page.click("#compare")
    page.wait_for_selector("#said[data-done]")
    assert "a=issue-1%2Fhostile&b=issue-1%2Fother" in page.url
    text = page.text_content("#compared") or ""
    assert "measured: marker, villain on questions" in text
    assert page.text_content("#pairs") == "1 of 14 pairs differ"
    sides = page.locator(".pair .text")
    assert sides.nth(0).text_content() == "  two before, two after  \n"
    assert sides.nth(1).text_content() == "  two before, three after  \n"
    assert page.locator(".pair del").all_text_contents() == ["two"]
    assert page.locator(".pair ins").all_text_contents() == ["three"]
    assert page.locator(".pair .score", has_text="marker").all_text_contents() == [
        "marker: yes",
        "marker: no",
    ]
    page.reload()
    page.wait_for_selector("#said[data-done]")
    expect(page.locator("[name=b]")).to_have_value("issue-1/other")
    page.click(".pair a >> nth=1")
    page.wait_for_selector("#count[data-count='1']")
    assert page.text_content(".card .text") == "  two before, three after  \n"
    page.go_back()
    page.select_option("#pair [name=b]", "issue-16/pilot")
    page.wait_for_selector("#compared .notice:has-text('no condition and task in common')")
    assert page.locator("#compared .notice:has-text('different experiments')").count() == 1
    alone = page.locator("#compared details", has_text="settings that only one of them has")
    assert alone.locator("tbody tr").first.is_hidden()


def test_the_board_is_the_export_with_the_runs_that_are_here(tab: Tab) -> None:
    page = tab().open("tasks.html")
    running = page.locator(".column[data-column=running]")
    expect(running).to_contain_text("Hedging")
    expect(running.locator("a.pill")).to_have_text(re.compile("pilot, lint: AWAITING"))
    expect(page.locator(".column[data-column=archived]")).to_be_hidden()
    page.fill("[name=q]", "hedging")
    expect(page.locator("#found")).to_have_text("1 of 4")
    page.select_option("[name=view]", "list")
    page.reload()
    expect(page.locator("#list tbody tr:visible")).to_have_count(1)
    assert page.locator("text=<b>Board</b>").count() >= 1


def test_a_served_page_offers_what_is_newer_and_does_not_jump(
    served: Site, exported: Site, tab: Tab, site: Site, runs: Path
) -> None:
    if site is exported:
        pytest.skip("a file does not change by itself")
    page = tab().open("r/issue-2/going/matrix.html")
    expect(page.locator("#newer")).to_be_hidden()
    added = runs / "runs" / "issue-2" / "going" / "body.md"
    added.write_text("## AI Summary\n\nAdded meanwhile.\n")
    try:
        page.wait_for_selector("#newer:visible")
        assert page.locator("h1").text_content() == "Matrix"
        page.click("#reload")
        expect(page.locator("#newer")).to_be_hidden()
        page.click(".screens a:text-is('Page')")
        expect(page.locator("article.body")).to_contain_text("Added meanwhile.")
    finally:
        added.unlink()


def test_at_400_percent_nothing_scrolls_sideways_and_nothing_covers_what_is_read(tab: Tab) -> None:
    # as WCAG 1.4.10 has it: a window of 1,280 x 1,024 pixels at 400 %
    watched = tab(viewport={"width": 320, "height": 256}, device_scale_factor=4)
    amiss = {}
    for name, address in SCREENS.items():
        page = watched.open(address)
        page.wait_for_selector(READY.get(name, "h1"))
        width = page.evaluate("document.documentElement.scrollWidth")
        covered = page.evaluate(COVERED) if name != "panel" else 0
        if width > 320 or covered > 128:
            amiss[name] = (width, covered)
    assert not amiss


COVERED = """() => {
    window.scrollTo(0, 400);
    return [...document.querySelectorAll('body *')]
        .filter((one) => ['fixed', 'sticky'].includes(getComputedStyle(one).position))
        .map((one) => one.getBoundingClientRect())
        .filter((box) => box.width > 160 && box.bottom > 0 && box.top < 256)
        .reduce((sum, box) => sum + Math.min(box.bottom, 256) - Math.max(box.top, 0), 0);
}"""
"""Pixels of the window's height that stay covered while the page is scrolled."""


def test_a_journey_without_scripts(tab: Tab) -> None:
    page = tab(java_script_enabled=False).open("index.html")
    page.click("tr[data-key='issue-16/pilot'] td a >> nth=0")
    expect(page.locator("article.body")).to_contain_text("Sample outputs")
    page.click(".pills a:text-matches('lint')")
    page.locator("article.finding a.line").first.click()
    expect(page.locator(".margin:target")).to_be_in_viewport()
    page.locator("article.body a.n:text-is('416/480')").first.click()
    expect(page.locator(".number:target")).to_contain_text("416 of 480")
    page.click(".screens a:text-is('Matrix')")
    expect(page.locator("td.cell > a").first).to_be_visible()
    page.check("#seeds-1")
    expect(page.locator(".seeds a").first).to_be_visible()
    page.click(".screens a:text-is('Figures')")
    page.click("#written summary")
    point = page.locator("#written tbody th a").first
    expect(point).to_be_visible()
    point.click()
    expect(page.locator("noscript")).to_be_visible()
    page.click(".screens a:text-is('History')")
    page.locator("tbody tr a").first.click()
    page.locator("summary", has_text="Comments").click()
    expect(page.locator(".comment").first).to_be_visible()
    page.click("nav a:text-is('Board')")
    expect(page.locator(".column a.pill").first).to_be_visible()
    page.click("nav a:text-is('Runs')")
    expect(page.locator("h1")).to_have_text("Runs")


def test_a_journey_by_keyboard_alone(tab: Tab) -> None:
    page = tab(permissions=["clipboard-read", "clipboard-write"]).open("index.html")
    press = page.keyboard.press
    press("/")
    page.keyboard.type("issue-16")
    press("Escape")
    press("j")
    press("Enter")
    expect(page.locator("article.body")).to_be_visible()
    page.wait_for_load_state()  # no key is heard before the scripts are there
    press("]")
    press("]")
    press("[")
    expect(page.locator(".margin").first).to_be_focused()
    press("Tab")
    press("Enter")
    expect(page.locator("article.finding:target")).to_be_in_viewport()
    page.go_back()
    press("j")
    press("Enter")
    expect(page.locator(".panel h2")).to_be_focused()
    press("Escape")
    press("g")
    press("m")
    page.wait_for_selector("h1:text-is('Matrix')")
    page.wait_for_load_state()
    for _ in range(60):
        press("Tab")
        if page.evaluate("document.activeElement.matches('td.cell > a')"):
            break
    n = page.evaluate("document.activeElement.textContent").partition("/")[2]
    press("Enter")
    page.wait_for_selector(f"#count[data-count='{n}']")
    press("j")
    press("j")
    expect(page.locator(".card").nth(1)).to_be_focused()
    press("y")
    page.wait_for_selector(".card footer button:text-is('Copied')")
    assert page.evaluate("navigator.clipboard.readText()").startswith(">")
    for letter, heading in (("f", "Figures"), ("h", "History"), ("d", "Files"), ("c", "Compare")):
        press("g")
        press(letter)
        expect(page.locator("h1")).to_have_text(heading)
        page.wait_for_load_state()
    press("g")
    press("b")
    expect(page.locator("h1")).to_have_text("Board of issues")
    page.wait_for_load_state()
    press("j")
    expect(page.locator(".issue a").first).to_be_focused()
    press("?")
    expect(page.locator("dialog")).to_contain_text("next issue")
    press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
