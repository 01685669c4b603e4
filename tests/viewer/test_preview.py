"""What a browser shows of a file that is being written, and what it never does."""

from __future__ import annotations

import base64
import http.client
import os
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from previewing import OpenTab, Preview, Start

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPj/HwADAgH/p9c3VAAAAABJRU5ErkJg"
    "gg=="
)
GITHUB = """\
| a | b |
|--:|---|
| 1 | 2 |

> [!WARNING]
> Care.

- [x] done
- [ ] to do

<details><summary>More</summary>

*Hidden* until now.

</details>

$$
\\frac{a}{b}
$$

![a pixel](figures/pixel.png) ![one elsewhere](https://example.org/x.png)
"""
WRONG = "We found 30% (20/100) of them.\n"


def test_as_github_shows_it(start_preview: Start, open_preview: OpenTab) -> None:
    preview = start_preview()
    (preview.body.parent / "figures").mkdir()
    (preview.body.parent / "figures" / "pixel.png").write_bytes(PIXEL)
    (preview.body.parent / "title.txt").write_text("A <b>title</b> (LOW confidence)")
    page = open_preview(preview).page
    expect(page.locator(".trouble")).to_have_text("body.md is not there")
    preview.save(GITHUB)
    expect(page.locator("td.right")).to_have_text("1")
    expect(page.locator("h1")).to_have_text("A <b>title</b> (LOW confidence)")
    expect(page.locator(".alert-warning .alert-title")).to_have_text("Warning")
    assert page.locator("li.task input").evaluate_all("all => all.map(b => b.checked)") == [
        True,
        False,
    ]
    expect(page.locator("details em")).to_be_hidden()
    expect(page.locator("math mfrac")).to_have_count(1)
    expect(page.locator("img")).to_have_js_property("naturalWidth", 1)
    expect(page.locator("main")).to_contain_text("picture that is not on this machine")


def test_findings_stand_in_the_margin_and_go(start_preview: Start, open_preview: OpenTab) -> None:
    preview = start_preview("Nothing yet.\n")
    page = open_preview(preview).page
    expect(page.locator(".verdict b")).to_have_text("✓ PASS")
    preview.save(f"Before.\n\n{WRONG}")
    mark = page.locator(".margin.fail")
    expect(mark).to_contain_text("20/100")
    expect(page.locator(".verdict b")).to_have_text("✗ FAIL")
    assert page.title() == "FAIL body.md"
    block = page.locator("[data-marked=fail]")
    expect(block).to_have_text(WRONG.strip())
    beside, text = mark.bounding_box(), block.bounding_box()
    assert beside
    assert text
    assert beside["x"] >= text["x"] + text["width"], "in the margin, not in the text"
    assert abs(beside["y"] - text["y"]) < 30
    page.keyboard.press("n")
    expect(mark).to_be_focused()
    preview.save("Before.\n\nWe found 20% (20/100) of them.\n")
    expect(mark).to_have_count(0)
    expect(page.locator(".verdict b")).to_have_text("✓ PASS")


def test_a_reader_stays_where_they_are(start_preview: Start, open_preview: OpenTab) -> None:
    """Scrolled down and with something unfolded, while lines come and go above and beside it."""
    fold = "<details><summary>More</summary>\n\nHidden.\n\n</details>"
    paragraphs = [f"Paragraph {n}. {'Words ' * 40}" for n in range(60)]
    paragraphs.insert(30, fold)
    preview = start_preview("\n\n".join(paragraphs))
    page = open_preview(preview).page
    page.locator("summary").click()
    target = page.get_by_text("Paragraph 35.")
    target.evaluate("node => window.scrollBy(0, node.getBoundingClientRect().top - 200)")
    before = target.bounding_box()
    for text in (
        ["New above.", f"{WRONG * 3}", *paragraphs],
        [*paragraphs[10:30], fold.replace("Hidden", "Hidden, edited"), *paragraphs[31:]],
        paragraphs,
    ):
        length = len(page.content())
        preview.save("\n\n".join(text))
        page.wait_for_function("n => document.documentElement.outerHTML.length !== n", arg=length)
        page.wait_for_function(
            "n => document.querySelectorAll('main p').length === n", arg=len(text)
        )
        after = target.bounding_box()
        assert before
        assert after
        assert abs(after["y"] - before["y"]) <= 2
        assert page.locator("details").evaluate("node => node.open")


def test_what_cannot_be_shown_is_said(start_preview: Start, open_preview: OpenTab) -> None:
    preview = start_preview("First.\n")
    page = open_preview(preview).page
    main, trouble = page.locator("main"), page.locator(".trouble")
    expect(main).to_contain_text("First.")
    preview.body.unlink()
    expect(trouble).to_contain_text("body.md is not there. Below is what the file held before.")
    expect(main).to_contain_text("First.")
    preview.save("Second.\n")
    expect(trouble).to_have_count(0)
    expect(main).to_have_text("Second.\n")
    preview.save(b"One.\nTwo \xff.\n")
    expect(trouble).to_contain_text("line 2 of the body is not UTF-8")
    expect(main).to_have_text("Second.\n")
    preview.save("Third é.\n".encode("utf-16"))
    expect(trouble).to_contain_text("not UTF-8")
    preview.save(b"a" * 2_000_001)
    expect(trouble).to_contain_text("at most 2,000,000 are read")
    preview.body.unlink()
    preview.body.mkdir()
    expect(trouble).to_contain_text("body.md is no file")
    preview.body.rmdir()
    preview.save("Fourth.\n")
    expect(trouble).to_have_count(0)
    expect(main).to_have_text("Fourth.\n")
    preview.save("")
    expect(main).to_have_text("")


def test_a_half_saved_file_is_not_shown_empty(start_preview: Start, open_preview: OpenTab) -> None:
    """Many editors empty a file, and then write it piece by piece."""
    preview = start_preview("The whole.\n")
    page = open_preview(preview).page
    page.evaluate(
        """() => {
          window.seen = [];
          const note = () => window.seen.push(document.getElementById('page').textContent);
          new MutationObserver(note).observe(document.getElementById('page'), {childList: true});
        }"""
    )
    for count in range(5):
        with preview.body.open("w") as file:
            time.sleep(0.06)
            file.write(f"Again {count}, ")
            file.flush()
            time.sleep(0.06)
            file.write("and the rest.\n")
        expect(page.locator("main")).to_have_text(f"Again {count}, and the rest.\n")
    seen = page.evaluate("window.seen")
    assert all(text.strip() for text in seen)


def test_the_last_of_many_saves_is_shown(start_preview: Start, open_preview: OpenTab) -> None:
    preview = start_preview("Begin.\n")
    page = open_preview(preview).page
    for count in range(60):
        preview.save(f"Save {count}.\n")
        time.sleep(0.004)
    expect(page.locator("main")).to_have_text("Save 59.\n")


def test_a_broken_configuration_is_said(start_preview: Start, open_preview: OpenTab) -> None:
    preview = start_preview(WRONG)
    page = open_preview(preview).page
    expect(page.locator(".margin.fail")).to_have_count(1)
    settings = preview.body.parent / "epm.toml"
    settings.write_text('select = ["no-such-rule"]')
    expect(page.locator(".trouble")).to_contain_text("not judged: ")
    expect(page.locator("main")).to_contain_text("20/100")
    settings.write_text('ignore = ["recomputed-*"]')
    expect(page.locator(".verdict b")).to_have_text("✓ PASS")
    settings.unlink()
    expect(page.locator(".margin.fail")).to_have_count(1)


HOSTILE = """\
<script>document.title = "got you"</script>
<img src=x onerror="document.title = 'got you'">
<a href="javascript:document.title = 'got you'">x</a> ![p](../secret.png) ![q](/etc/passwd.png)
![r](file:///etc/passwd.png) ![s](https://example.org/s.png) <style>body { display: none }</style>
</main></body></html> {{ 7 * 7 }} {% include "x" %} \u202e \x00 \x7f
<iframe src="https://example.org"></iframe><base href="https://example.org/"><svg onload=alert(1)>
"""


def test_a_hostile_page_does_nothing(start_preview: Start, open_preview: OpenTab) -> None:
    """The tab's own checks see to it that nothing is asked elsewhere, and no policy is hurt."""
    preview = start_preview("Nothing.\n")
    (preview.body.parent.parent / "secret.png").write_bytes(PIXEL)
    page = open_preview(preview).page
    preview.save(HOSTILE)
    expect(page.locator("main")).to_contain_text("{{ 7 * 7 }}")
    assert page.title().endswith("body.md")
    assert page.locator("main img").count() == 0
    page.reload()
    expect(page.locator("main")).to_contain_text("{{ 7 * 7 }}")
    assert page.title().endswith("body.md")


def answer(preview: Preview, verb: str, path: str, **headers: str) -> tuple[int, str, str]:
    """Status, policy and text."""
    address = urlsplit(preview.url)
    connection = http.client.HTTPConnection(address.netloc, timeout=10)
    connection.request(verb, path, headers=headers)
    got = connection.getresponse()
    return got.status, got.headers.get("Content-Security-Policy", ""), got.read().decode()


def test_it_answers_its_own_name_and_get_alone(start_preview: Start) -> None:
    preview = start_preview(GITHUB)
    port = urlsplit(preview.url).port
    assert answer(preview, "GET", "/")[0] == 200
    assert answer(preview, "GET", "/", Host=f"localhost:{port}")[0] == 200
    for host in ("example.org", f"example.org:{port}", "127.0.0.1", f"127.0.0.1:{port}.evil"):
        for path in ("/", "/events", "/static/preview.js"):
            assert answer(preview, "GET", path, Host=host)[0] == 421
    for verb in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        assert answer(preview, verb, "/")[0] == 501
    for path in ("/body.md", "/static/../serving.py", "/picture/../body.md", "/static/", "//etc/x"):
        assert answer(preview, "GET", path)[0] == 404
    _, policy, text = answer(preview, "GET", "/")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "<math" in text, "the page is there also without scripts"
    listening = subprocess.check_output(["cat", "/proc/net/tcp"], text=True)
    assert f" 0100007F:{port:04X} " in listening
    assert f" 00000000:{port:04X} " not in listening


def test_pictures_of_a_commit_of_the_checkout(start_preview: Start, open_preview: OpenTab) -> None:
    preview = start_preview("Nothing.\n")
    folder = preview.body.parent
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    (folder / "p.png").write_bytes(PIXEL)
    for command in (("init", "-q"), ("add", "p.png"), ("commit", "-qm", "picture")):
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=folder, text=True).strip()
    (folder / "p.png").unlink()
    preview.end()
    again = start_preview(None, "--port", str(urlsplit(preview.url).port), body=preview.body)
    page = open_preview(again).page
    address = f"https://raw.githubusercontent.com/lab/repo/{commit}/p.png"
    again.save(f"![p]({address}) ![q]({address.replace('p.png', 'q.png')})\n")
    expect(page.locator("img")).to_have_js_property("naturalWidth", 1)
    expect(page.locator("main")).to_contain_text("not on this machine: q")
    page.close()
    assert again.end() == 0


def test_the_server_goes_and_comes_back(start_preview: Start, open_preview: OpenTab) -> None:
    preview = start_preview("One.\n")
    one = open_preview(preview)
    expect(one.page.locator("#lost")).to_be_hidden()
    assert preview.end() == 0
    expect(one.page.locator("#lost")).to_be_visible()
    preview.save("Two.\n")
    again = start_preview(None, "--port", str(urlsplit(preview.url).port), body=preview.body)
    expect(one.page.locator("main")).to_have_text("Two.\n")
    expect(one.page.locator("#lost")).to_be_hidden()
    again.save("Three.\n")
    expect(one.page.locator("main")).to_have_text("Three.\n")
    one.page.close()
    one.faults[:] = [fault for fault in one.faults if "ERR_" not in fault]  # while it was gone
    assert again.end() == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("nowhere/body.md",), "is no file"),
        (("--port", "99999", "body.md"), "port 99999 cannot be had"),
        ((".",), "is no file"),
        ((os.devnull,), "is no file"),
        (("pipe.md",), "is no file"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    given: tuple[str, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from epm.cli import main

    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.md")
    assert main(["preview", "--no-open", *given]) == 2
    assert words in capsys.readouterr().err
