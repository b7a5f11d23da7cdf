"""The page in a real browser: what it asks for, what it complains about, where things stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.report.answers import hostile, proved, rendered, replayed
from tests.report.browser import Browser

pytestmark = pytest.mark.e2e

ANSWERS = {"proof": proved, "replay": lambda: replayed(300), "hostile": hostile}

BARS = """[...document.querySelectorAll('table.gantt tbody tr:not(.axis)')].map(row => {
  const box = each => { const b = each.getBoundingClientRect(); return [b.left, b.right, b.top, b.bottom] };
  return {svg: box(row.querySelector('svg')), label: box(row.querySelector('th')),
          takes: box(row.lastElementChild), bars: [...row.querySelectorAll('rect')].map(box)}
})"""

CONTRAST = """(() => {
  const parts = text => text.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const color = parts(getComputedStyle(node).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [255, 255, 255];
  };
  let worst = [99, ''];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walk.nextNode();) {
    const parent = node.parentElement, style = getComputedStyle(parent);
    if (!node.data.trim() || parent.namespaceURI.endsWith('svg')) continue;
    const [a, b] = [light(parts(style.color)), light(behind(parent))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < worst[0]) worst = [ratio, parent.outerHTML.slice(0, 200)];
  }
  return worst;
})()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    made = Browser(tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = {name: folder / f"{name}.html" for name in ANSWERS}
    for name, path in made.items():
        path.write_text(rendered(ANSWERS[name]()), encoding="utf-8")
    return made


@pytest.mark.parametrize("name", ANSWERS)
def test_a_page_asks_for_nothing_and_complains_of_nothing(
    browser: Browser, pages: dict[str, Path], name: str
) -> None:
    browser.open(pages[name])
    assert browser.value("document.querySelectorAll('main h2').length") >= 1
    assert not [each for each in browser.requests if not each.startswith("data:")]
    assert browser.complaints == []


def test_hostile_text_stays_text(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["hostile"])
    assert browser.value("document.querySelectorAll('script, img, h1 ~ h1, [onerror]').length") == 0
    shown = browser.value(
        "[...document.querySelectorAll('td.code')].map(cell => cell.textContent).join('\\n')"
    )
    assert shown.splitlines()[1] == 'RUN echo "</script><script>alert(1)</script>" \\'
    assert "\\xff\\xfe\\x1b[31m\\u202e <b>&amp;" in shown


@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("name", ["proof", "replay"])
def test_bars_lie_within_their_drawing_and_beside_their_labels(
    browser: Browser, pages: dict[str, Path], name: str, width: int
) -> None:
    browser.open(pages[name], width)
    rows = browser.value(BARS)
    assert len(rows) >= 20
    assert sum(len(row["bars"]) for row in rows) >= 10
    for row in rows:
        for left, right, top, bottom in row["bars"]:
            assert right > left
            assert row["svg"][0] - 0.5 <= left
            assert right <= row["svg"][1] + 0.5
            assert row["svg"][2] <= top < bottom <= row["svg"][3]
        for other in (row["label"], row["takes"]):
            beside = other[1] <= row["svg"][0] + 0.5 or other[0] >= row["svg"][1] - 0.5
            assert beside or other[3] <= row["svg"][2] + 0.5, row


@pytest.mark.parametrize("name", ANSWERS)
def test_a_narrow_page_does_not_scroll_sideways(browser: Browser, pages: dict[str, Path], name: str) -> None:
    browser.open(pages[name], 400)
    assert browser.value("innerWidth") == 400
    assert browser.value("document.documentElement.scrollWidth") <= 400


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ANSWERS)
def test_text_stands_out_in_light_and_dark(
    browser: Browser, pages: dict[str, Path], name: str, scheme: str
) -> None:
    browser.prefer(scheme)
    try:
        browser.open(pages[name])
        backgrounds = {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 22, 27)"}
        assert browser.value("getComputedStyle(document.body).backgroundColor") == backgrounds[scheme]
        ratio, where = browser.value(CONTRAST)
        assert ratio >= 4.5, where
    finally:
        browser.prefer()


def test_the_history_has_its_peak_and_its_numbers(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["replay"])
    boxes = browser.value(
        "[...document.querySelectorAll('.plot svg')].map(svg => [svg.getBoundingClientRect().top,"
        " svg.querySelector('path.then').getBoundingClientRect().top, svg.getBoundingClientRect().bottom])"
    )
    assert len(boxes) == 4
    for top, peak, bottom in boxes:
        # 760 s on an axis to 800 s
        assert peak - top == pytest.approx((bottom - top) * 0.05, abs=2)
    assert browser.value("document.querySelectorAll('table.numbers tbody tr').length") == 200
    assert browser.value("document.querySelector('details').open") is False


def test_print_shows_what_does_not_fit_the_screen(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["replay"])
    browser.prefer(media="print")
    try:
        assert browser.value("getComputedStyle(document.querySelector('.wide')).overflowX") == "visible"
    finally:
        browser.prefer()
    assert len(browser.call("Page.printToPDF")["data"]) > 10_000
