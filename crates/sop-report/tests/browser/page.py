"""The page of `sop report --html` in Chromium, at two widths and in both themes.

    PYTHON_WITH_PLAYWRIGHT crates/sop-report/tests/browser/page.py PAGE.html FOLDER_FOR_PICTURES
"""

import json
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

MOST_BYTES = 5_000_000
LONGEST_LOAD_MS = 1_000
WIDTHS = {"wide": (1280, 900), "phone": (390, 844)}


def main():
    page, pictures = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    pictures.mkdir(parents=True, exist_ok=True)
    passed = []

    def check(name, condition, found=""):
        if not condition:
            raise SystemExit(f"FAILED {name}: {found}")
        passed.append(name)

    check("the file is small enough to be sent around", page.stat().st_size < MOST_BYTES, page.stat().st_size)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for width, (wide, high) in WIDTHS.items():
            for theme in ["light", "dark"]:
                context = browser.new_context(viewport={"width": wide, "height": high}, color_scheme=theme, accept_downloads=True)
                tab = context.new_page()
                said, asked = [], []
                tab.on("console", lambda message: said.append(message.text))
                tab.on("pageerror", lambda error: said.append(str(error)))
                tab.on("request", lambda request: asked.append(request.url[:80]))
                tab.goto(page.as_uri())
                load = tab.evaluate("(() => { const [entry] = performance.getEntriesByType('navigation'); return entry.loadEventEnd - entry.startTime; })()")
                where = f"{width}, {theme}"
                check(f"loaded within a second ({where})", load < LONGEST_LOAD_MS, load)
                check(f"nothing is loaded from elsewhere ({where})", all(url.startswith(("file:", "data:")) for url in asked), asked)
                overhang = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                check(f"no scrolling sideways ({where})", overhang <= 0, overhang)
                tab.wait_for_timeout(500)
                tab.screenshot(path=pictures / f"page-{width}-{theme}.png", full_page=True)
                if theme == "light":
                    use(tab, check, where, pictures / f"settings-{width}.png")
                check(f"no message on the console ({where})", not said, said)
                context.close()
        tab = browser.new_page()
        tab.goto(page.as_uri())
        tab.pdf(path=pictures / "page.pdf", format="A4")
        check("it prints", (pictures / "page.pdf").stat().st_size > 10_000)
        browser.close()
    print(f"{len(passed)} checks passed")


def use(tab, check, where, picture):
    """What a reader does: sorts, looks behind a number, follows a link to it, filters, compares encoders, takes files away."""
    data = json.loads(tab.locator("#data").text_content())
    table = tab.locator(".table table").filter(has=tab.locator("tbody tr:nth-child(2) td.n")).first
    column = table.locator("thead th.n").first
    column.locator("button").click()
    values = table.evaluate(
        "table => { const place = [...table.tHead.rows[0].cells].findIndex(cell => cell.ariaSort); "
        "return [...table.tBodies[0].rows].map(row => row.cells[place].dataset.v).filter(Boolean).map(Number); }"
    )
    check(f"a click sorts by number, largest first ({where})", len(values) > 1 and values == sorted(values, reverse=True), values)

    number = tab.locator("button.value").first
    number.click()
    place, own = data["rows"][number.get_attribute("data-row")]
    dialog = tab.locator("#settings")
    text = dialog.inner_text()
    check(f"a number shows its settings ({where})", own["metric"] in text and data["shared"][place]["run_id"] in text, text)
    tab.screenshot(path=picture)
    dialog.get_by_role("button", name="Close").click()
    check(f"the settings close ({where})", not dialog.is_visible())

    tab.evaluate(f"location.hash = '#row-{number.get_attribute('data-row')}'")
    tab.wait_for_function("document.querySelectorAll('tr.linked').length === 1")
    check(f"an address leads to a number of an open page ({where})", tab.locator("tr.linked").count() == 1)
    tab.reload()
    check(f"an address leads to a number ({where})", tab.locator("tr.linked").count() == 1)

    tab.locator("#filter").fill("no row holds this")
    check(f"the filter hides rows ({where})", tab.locator(".table tbody tr:visible").count() == 0)
    tab.locator("#filter").fill("")

    if data["units"]:
        units = data["units"][0]
        better, worse, _, _ = units["counts"][0][2]
        kinds = tab.locator("#explorer .kinds button")
        texts = kinds.all_inner_texts()
        check(f"differences are counted over all units ({where})", [text.rsplit(" ", 1)[1] for text in texts] == [str(better + worse), str(better), str(worse)], texts)
        kinds.nth(1).click()
        shown = tab.locator("#explorer .tile")
        signs = [tile.locator("dd").all_inner_texts() for tile in shown.all()[:20]]
        if units["binary"] and better:
            check(f"only the first is right ({where})", all("✗" not in first and "✓" not in second for first, second in signs), signs)
        if any(place is not None for place in units["pictures"]):
            loaded = shown.first.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)")
            check(f"units have pictures ({where})", loaded > 0)

    for place, file in enumerate(data["files"]):
        tab.locator(".menu").evaluate("menu => { menu.open = true; }")
        with tab.expect_download() as waiting:
            tab.locator(f"button[data-file='{place}']").click()
        found = Path(waiting.value.path()).read_bytes()
        start = b"PAR1" if file["name"].endswith(".parquet") else b"protocol,"
        check(f"{file['name']} can be taken away ({where})", found.startswith(start), found[:20])

    tab.locator("#theme").click()
    tab.locator("#theme").click()
    check(f"the theme can be chosen ({where})", tab.evaluate("document.documentElement.dataset.theme") == "dark")
    tab.locator("#theme").click()


if __name__ == "__main__":
    main()
