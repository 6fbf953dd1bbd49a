#!/usr/bin/env python3
"""Drives the web page of a running server in Chromium, as a person would, and takes pictures of it.

    page.py http://127.0.0.1:6333 pictures/ --collection C [--beside D] [--graph] [--map] [--image] [--hostile H] [--hard H] [--twins T]
            [--keyed URL --key K]

Needs the Python package playwright and Debian's chromium (nothing is downloaded). What the server holds is said by the arguments, so that
a check never passes because there was nothing to look at:

    --collection C   points with labels and images; at least 60 of them
    --beside D       another encoder's collection of the same points
    --graph          C is searched by a graph
    --map            C has a map
    --image          C's encoder is served, so that images can be searched with
    --hostile H      a collection whose ids and payloads are attempts at scripts
    --twins T        a collection of points a4 and others, most of which have near-duplicates
    --hard H         a collection of which a graph misses some
    --keyed URL      a server that asks for the key K
"""

import argparse
import json
import sys
import urllib.parse
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

STEP = 48  # results on a page
SIZES = {"1280": (1280, 900), "390": (390, 844)}


class Browser:
    """A page whose console errors and policy violations are failures, unless a check expects them."""

    def __init__(self, chromium, base, **context):
        self.base = base.rstrip("/")
        self.context = chromium.new_context(accept_downloads=True, **context)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page = self.context.new_page()
        self.problems = []
        self.expected = ()
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))
        self.page.on("dialog", lambda dialog: (self.problems.append(f"a script ran: {dialog.message}"), dialog.dismiss()))
        self.page.add_init_script(
            "addEventListener('securitypolicyviolation', (e) => console.error('policy violated: ' + e.violatedDirective + ' ' + e.blockedURI))"
        )

    def heard(self, message):
        if message.type != "error" or any(text in message.text for text in self.expected):
            return
        self.problems.append(f"console: {message.text} ({message.location.get('url')})")

    @contextmanager
    def expecting(self, *texts):
        self.expected = texts
        yield
        self.page.wait_for_timeout(50)
        self.expected = ()

    def open(self, **query):
        text = urllib.parse.urlencode(query)
        self.page.goto(f"{self.base}/ui?{text}" if text else f"{self.base}/ui")
        self.settle()

    def settle(self):
        """Waits until the results of the last step are there."""
        self.until("document.querySelector('#results') && !document.querySelector('[aria-busy=true], .ghost')")

    def until(self, expression):
        """Waits until this is true. Playwright's own way evaluates text in the page, which the page's policy forbids."""
        for _ in range(600):
            if self.page.evaluate(f"Boolean({expression})"):
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"not within 15 s: {expression}")

    def keys(self, pane=0):
        return self.page.eval_on_selector_all(
            ".pane", "(panes, at) => [...panes[at].querySelector('.grid').querySelectorAll('.tile')].map((t) => t.dataset.key)", pane
        )

    def api(self, method, path, body=None):
        """The server's own word, to hold the page against."""
        return self.page.evaluate(
            """async ([method, path, body]) => {
                const response = await fetch(path, { method, headers: body ? { 'content-type': 'application/json' } : {}, body: body && JSON.stringify(body) });
                return (await response.json()).result;
            }""",
            [method, path, body],
        )

    def fits(self, where):
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{where}: the page is {wide} px wider than the window"


def quoted(name):
    return urllib.parse.quote(name, safe="")


def check_start(b, a):
    """A random set, with images; the start page names no query."""
    b.open(c=a.collection)
    assert len(b.keys()) == STEP, b.keys()
    b.until("document.querySelector('.tile img')?.naturalWidth > 0")
    first = b.keys()
    b.page.get_by_role("button", name="Random images").click()
    b.settle()
    assert b.keys() != first, "another random set is the same"
    b.page.go_back()
    b.settle()
    assert b.keys() == first, "back shows another random set"
    root = b.page.goto(f"{b.base}/")
    assert "text/html" in root.headers["content-type"], "a browser gets no page at /"
    assert "default-src 'self'" in root.headers["content-security-policy"]


def check_click_through(b, a):
    """A click searches on; the address holds it; back, forward and a fresh load show the same."""
    b.open(c=a.collection)
    start = b.keys()
    b.page.locator(".tile-link").nth(3).click()
    b.settle()
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(b.page.url).query)
    assert query["id"] == [start[3]], b.page.url
    found = b.keys()
    assert len(found) == STEP and start[3] not in found, "the point is a hit of its own"
    scores = [text.split()[-1] for text in b.page.locator(".score").all_text_contents()]
    assert scores == sorted(scores, key=float, reverse=True), scores
    assert all(len(text.split(".")[1]) == 4 for text in scores), scores
    told = b.api("POST", f"/collections/{quoted(a.collection)}/points/query", {"query": start[3], "limit": STEP})["points"]
    assert found == [str(point["id"]) for point in told], "the page shows other points than the server answers"
    b.page.go_back()
    b.settle()
    assert b.keys() == start
    b.page.go_forward()
    b.settle()
    assert b.keys() == found
    b.page.reload()
    b.settle()
    assert b.keys() == found, "the address does not hold the search"
    b.page.get_by_role("button", name=f"{STEP} more").click()
    b.settle()
    assert b.keys()[:STEP] == found and len(set(b.keys())) == len(b.keys()) > STEP


def check_id_field(b, a):
    """An id is typed; an unknown one is answered in the server's words."""
    b.open(c=a.collection)
    key = b.keys()[5]
    b.page.keyboard.press("/")
    b.page.keyboard.type(key)
    b.page.keyboard.press("Enter")
    b.settle()
    expect(b.page.locator("#summary")).to_contain_text("nearest to")
    with b.expecting("404"):
        b.page.locator("#id-input").fill("no such point / % ?")
        b.page.keyboard.press("Enter")
        expect(b.page.locator(".empty.problem")).to_contain_text("no such point / % ?")


def check_keyboard(b, a):
    """Arrows walk over the tiles by sight, Enter searches on, Space selects; help opens and closes."""
    b.open(c=a.collection)
    focused = "document.activeElement.closest('.tile')?.dataset.key"
    keys = b.keys()
    b.page.keyboard.press("ArrowRight")
    assert b.page.evaluate(focused) == keys[0]
    b.page.keyboard.press("ArrowRight")
    assert b.page.evaluate(focused) == keys[1]
    left = b.page.evaluate("document.activeElement.getBoundingClientRect().left")
    b.page.keyboard.press("ArrowDown")
    below = b.page.evaluate(focused)
    assert below not in keys[:2] and b.page.evaluate("document.activeElement.getBoundingClientRect().left") == left
    b.page.keyboard.press("ArrowUp")
    assert b.page.evaluate(focused) == keys[1]
    b.page.keyboard.press("Space")
    expect(b.page.locator("#selection")).to_contain_text("1 point")
    b.page.keyboard.press("a")
    expect(b.page.locator("#selection")).to_contain_text(f"{STEP} points")
    b.page.keyboard.press("Escape")
    expect(b.page.locator("#selection")).to_be_hidden()
    b.page.keyboard.press("?")
    expect(b.page.locator("#help")).to_be_visible()
    b.page.keyboard.press("Escape")
    expect(b.page.locator("#help")).to_be_hidden()
    b.page.locator(".tile-link").nth(1).focus()
    b.page.keyboard.press("i")
    expect(b.page.locator("#point")).to_contain_text(keys[1])
    b.page.keyboard.press("Escape")
    b.page.locator(".tile-link").nth(1).focus()
    b.page.keyboard.press("Enter")
    b.settle()
    assert urllib.parse.parse_qs(urllib.parse.urlsplit(b.page.url).query)["id"] == [keys[1]]
    assert b.page.locator(".pane .tile-link[tabindex='0']").count() == 1, "the tiles are more than one stop of the Tab key"


def check_filters(b, a):
    """A tick filters; its count is what then is there; a chip takes it out again."""
    b.open(c=a.collection)
    path = f"/collections/{quoted(a.collection)}"
    facet = b.page.locator(".facet", has=b.page.locator("summary", has_text="label"))
    box = facet.locator(".value").first
    name = box.locator(".value-text").text_content()
    count = int(box.locator(".value-count").text_content().replace(",", ""))
    box.locator("input").check()
    b.settle()
    chosen = json.loads(urllib.parse.parse_qs(urllib.parse.urlsplit(b.page.url).query)["f"][0])
    condition = {"must": [{"key": "label", "match": {"value": chosen["label"][0]}}]}
    assert b.api("POST", f"{path}/points/count", {"filter": condition, "exact": True})["count"] == count
    labels = set(b.page.locator(".tile-label").all_text_contents())
    assert labels == {name}, labels
    # Alternatives of the same key keep their counts; a second one adds to the first.
    facet.locator(".value").nth(1).locator("input").check()
    b.settle()
    assert len(set(b.page.locator(".tile-label").all_text_contents())) == 2
    assert b.page.locator(".chip").count() == 2
    b.page.locator(".tile-link").first.click()
    b.settle()
    assert b.page.locator(".chip").count() == 2 and len(set(b.page.locator(".tile-label").all_text_contents())) <= 2
    b.page.locator(".chip").first.click()
    b.settle()
    assert b.page.locator(".chip").count() == 1
    b.page.locator(".chip").first.click()
    b.settle()
    expect(b.page.locator("#chips")).to_be_hidden()
    assert "f=" not in b.page.url


def check_selection(b, a, shots):
    """Ctrl and Shift clicks select; the selection leaves as Parquet, CSV and JSON."""
    b.open(c=a.collection)
    keys = b.keys()
    b.page.locator(".tile-link").nth(0).click(modifiers=["Control"])
    b.page.locator(".tile-link").nth(4).click(modifiers=["Shift"])
    expect(b.page.locator("#selection")).to_contain_text("5 points")
    for form in ["CSV", "JSON", "Parquet"]:
        with b.page.expect_download() as waiting:
            b.page.locator("#selection").get_by_role("button", name=form).click()
        data = Path(waiting.value.path()).read_bytes()
        if form == "Parquet":
            assert data[:4] == data[-4:] == b"PAR1", data[:20]
            (shots / "selection.parquet").write_bytes(data)
        elif form == "JSON":
            assert [str(one["id"]) for one in json.loads(data)] == keys[:5]
        else:
            lines = data.decode().splitlines()
            assert lines[0] == "id,label" and [line.rsplit(",", 1)[0].strip('"') for line in lines[1:]] == keys[:5]
    b.page.locator("#selection").get_by_role("button", name="Show").click()
    b.settle()
    assert b.keys() == keys[:5]


def check_compare(b, a):
    """What the graph missed is marked, and is what two searches through the interface differ by."""
    b.open(c=a.collection)
    path = f"/collections/{quoted(a.collection)}/points/query"
    keys = b.keys()
    for key in keys[:8]:
        b.open(c=a.collection, id=key, mode="compare")
        found = [
            [str(p["id"]) for p in b.api("POST", path, {"query": key, "limit": STEP, "params": {"exact": exact}})["points"]]
            for exact in (True, False)
        ]
        missed = [one for one in found[0] if one not in found[1]]
        marked = b.page.eval_on_selector_all(".tile.missed", "(tiles) => tiles.map((tile) => tile.dataset.key)")
        assert b.keys() == found[0] and marked == missed, (marked, missed)
        # So few points are all compared, and the page does not say that a graph did well.
        expect(b.page.locator("#facts")).to_contain_text("the graph was not needed")
    b.page.get_by_role("radio", name="Exact").check()
    b.settle()
    expect(b.page.locator("#facts")).to_contain_text("exact")
    assert "mode=exact" in b.page.url


def check_hard(b, a):
    """What a graph misses is marked, and counted as two searches through the interface count it."""
    path, misses = f"/collections/{quoted(a.hard)}/points/query", 0
    for key in range(8):
        b.open(c=a.hard, id=key, mode="compare")
        exact, graph = (
            [str(p["id"]) for p in b.api("POST", path, {"query": key, "limit": STEP, "params": {"exact": exact}})["points"]] for exact in (True, False)
        )
        missed = [one for one in exact if one not in graph]
        marked = b.page.eval_on_selector_all(".tile.missed", "(tiles) => tiles.map((tile) => tile.dataset.key)")
        extra = b.page.eval_on_selector_all(".tile.extra", "(tiles) => tiles.map((tile) => tile.dataset.key)")
        assert marked == missed and extra == [one for one in graph if one not in exact], (key, marked, missed, extra)
        expect(b.page.locator("#facts")).to_contain_text(f"recall {1 - len(missed) / len(exact):.4f}")
        misses += len(missed)
    assert misses, "the graph missed nothing: this shows nothing"


def check_errors(b, a):
    """What goes wrong is said in the server's words, and can be tried again; nothing of another collection stays in sight."""
    route = "**/points/query"
    answers = {
        429: ("32 reads wait already: try again later", {"retry-after": "1"}),
        422: ("limit: 48 is more than 10", {}),
        500: ("the server failed", {}),
    }
    b.open(c=a.collection)
    keys = b.keys()
    for status, (text, headers) in answers.items():
        body = json.dumps({"status": {"error": text}, "time": 0.0})
        b.page.route(route, lambda route: route.fulfill(status=status, body=body, headers={"content-type": "application/json", **headers}))
        with b.expecting(str(status)):
            b.page.locator(".tile-link").nth(2).click()
            expect(b.page.locator(".empty.problem")).to_contain_text(text)
            expect(b.page.locator("#summary")).to_have_text("No results")
            b.page.unroute(route)
            b.page.get_by_role("button", name="Try again").click()
            b.settle()
        assert len(b.keys()) == STEP
        b.open(c=a.collection)
    b.page.route("**/*", lambda route: route.abort())
    with b.expecting("ERR_FAILED", "Failed to load"):
        b.page.locator(".tile-link").nth(1).click()
        expect(b.page.locator(".empty.problem")).to_contain_text("is it still running?")
        b.page.unroute("**/*")
        b.page.get_by_role("button", name="Try again").click()
        b.settle()
    assert len(b.keys()) == STEP and b.keys() != keys
    with b.expecting("404"):
        b.open(c="no such collection")
        expect(b.page.locator(".empty.problem")).to_contain_text("no such collection")
        assert b.page.locator(".tile").count() == 0
        expect(b.page.locator("#collection")).to_have_value("no such collection")
        b.page.locator("#collection").select_option(a.collection)
        b.settle()
    assert len(b.keys()) == STEP


def check_quality(b, a):
    """An expanded query and folded near-duplicates are what the interface gives; a fold opens to its points, from which one can search."""
    b.open(c=a.twins)
    path = f"/collections/{quoted(a.twins)}/points/query"
    key = b.keys()[0]
    b.open(c=a.twins, id=key)
    asked = {"query": key, "limit": STEP, "sop": {}}
    for label, sop in [
        ("Expand the query", {"query_expansion": {"neighbors": 10}}),
        ("Near-duplicates as one", {"fold_duplicates": 0.95}),
    ]:
        b.page.get_by_label(label).check()
        b.settle()
        asked["sop"] |= sop
        answer = b.api("POST", path, asked)
        assert b.keys() == [str(p["id"]) for p in answer["points"]], label
    folded = {str(p["id"]): [str(one) for one in p["folded"]] for p in answer["points"] if "folded" in p}
    expect(b.page.locator("#facts")).to_contain_text(f"{sum(map(len, folded.values()))} near-duplicate")
    expect(b.page.locator("#facts")).to_contain_text("expanded query")
    assert "x=1" in b.page.url and "d=1" in b.page.url
    shown = b.page.eval_on_selector_all(".tile:has(.folded)", "(tiles) => tiles.map((tile) => tile.dataset.key)")
    assert shown == list(folded), (shown, folded)
    assert folded
    first = b.page.locator(".folded").first
    first.locator("summary").click()
    ids = first.locator(".folded-id")
    expect(ids).to_have_text(next(iter(folded.values())))
    target = ids.first.text_content()
    ids.first.click()
    b.settle()
    assert f"id={quoted(target)}" in b.page.url
    for label in ["Expand the query", "Near-duplicates as one"]:
        b.page.get_by_label(label).uncheck()
        b.settle()
    assert "x=1" not in b.page.url and b.page.locator(".folded").count() == 0


def check_two_collections(b, a):
    """The same query on two collections, with what both found marked."""
    b.open(c=a.collection)
    key = b.keys()[0]
    b.page.locator(".tile-link").first.click()
    b.settle()
    b.page.get_by_label("Beside it").select_option(a.beside)
    b.settle()
    left, right = b.keys(0), b.keys(1)
    shared = set(left) & set(right)
    assert len(left) == len(right) == STEP
    assert b.page.locator(".tile.common").count() == 2 * len(shared)
    expect(b.page.locator(".pane").first).to_contain_text(f"{len(shared)} of {STEP} in both")
    assert f"b={a.beside}" in b.page.url and f"id={quoted(key)}" in b.page.url


def check_map(b, a):
    """Points are painted and named at the pointer; a click searches, a lasso selects."""
    b.open(c=a.collection, view="map")
    canvas = b.page.locator("#map canvas")
    expect(canvas).to_be_visible()
    b.until("document.querySelector('#map canvas').dataset.paintMs")
    colours = canvas.evaluate(
        """(canvas) => {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size;
        }"""
    )
    assert colours > 10, f"{colours} colours: nothing is painted"
    box = canvas.bounding_box()
    tip = b.page.locator("#map .tip")
    for step in range(20, 400, 4):  # along the diagonal, until a point is met
        x, y = box["x"] + box["width"] * step / 400, box["y"] + box["height"] * step / 400
        b.page.mouse.move(x, y)
        b.page.wait_for_timeout(15)
        if tip.is_visible():
            break
    expect(tip).to_be_visible()
    b.page.mouse.down()
    b.page.mouse.up()
    b.settle()
    assert "id=" in b.page.url and "view=map" in b.page.url
    b.page.get_by_role("button", name="Lasso").click()
    corners = [(0.03, 0.03), (0.75, 0.03), (0.75, 0.97), (0.03, 0.97)]
    b.page.mouse.move(box["x"] + box["width"] * corners[0][0], box["y"] + box["height"] * corners[0][1])
    b.page.mouse.down()
    for x, y in corners[1:]:
        b.page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=12)
    b.page.mouse.up()
    expect(b.page.locator("#selection")).to_contain_text("selected")
    chosen = int(b.page.locator("#selection strong").text_content().split()[0].replace(",", ""))
    points = b.api("POST", f"/collections/{quoted(a.collection)}/points/count", {"exact": True})["count"]
    assert 0 < chosen <= points, (chosen, points)
    b.page.keyboard.press("Escape")
    seen = "[...document.querySelectorAll('#map canvas')].map((canvas) => canvas.toDataURL()).join()"

    def moves(what, act):
        b.page.mouse.move(0, 0)
        b.page.wait_for_timeout(100)
        before = b.page.evaluate(seen)
        act()
        b.page.mouse.move(0, 0)
        b.page.wait_for_timeout(150)
        assert b.page.evaluate(seen) != before, f"{what} changes nothing"

    def drag():
        b.page.mouse.move(box["x"] + 200, box["y"] + 200)
        b.page.mouse.down()
        b.page.mouse.move(box["x"] + 260, box["y"] + 240, steps=5)
        b.page.mouse.up()

    def turn():
        b.page.mouse.move(box["x"] + 200, box["y"] + 200)
        b.page.mouse.wheel(0, -300)

    address = b.page.url
    moves("a drag", drag)
    assert b.page.url == address, "a drag searches"
    moves("the wheel", turn)
    for key in ["+", "ArrowLeft", "-", "0"]:
        canvas.focus()
        moves(key, lambda: b.page.keyboard.press(key))


def check_image(b, a, shots):
    """An image is picked, pasted and dropped; each finds the point that it is the image of."""
    b.open(c=a.collection)
    key = b.keys()[0]
    path = f"/collections/{quoted(a.collection)}/points/{quoted(key)}/image"
    response = b.context.request.get(b.base + path)
    assert response.ok, response.status
    file = shots / "query.img"
    file.write_bytes(response.body())
    for way in ["pick", "paste", "drop"]:
        b.open(c=a.collection)
        if way == "pick":
            b.page.locator("#file").set_input_files(file)
        else:
            b.page.evaluate(
                """async ([way, path]) => {
                    const transfer = new DataTransfer();
                    const blob = await (await fetch(path)).blob();
                    transfer.items.add(new File([blob], 'query.png', { type: blob.type }));
                    document.body.dispatchEvent(way === 'paste'
                        ? new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true })
                        : new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
                }""",
                [way, path],
            )
        b.page.wait_for_url("**img=*")
        b.settle()
        assert b.keys()[0] == key, f"{way}: the nearest to the image of {key} is {b.keys()[0]}"
    # From the image to a result and back again: the image is still there.
    nearest = b.keys()
    b.page.locator(".tile-link").nth(1).click()
    b.settle()
    b.page.go_back()
    b.settle()
    assert b.keys() == nearest
    with b.expecting("422", "415", "400"):
        wrong = shots / "wrong.png"
        wrong.write_text("not an image")
        b.page.locator("#file").set_input_files(wrong)
        expect(b.page.locator(".empty.problem")).to_be_visible()
    b.page.reload()
    expect(b.page.locator(".empty.problem")).to_contain_text("Choose it again")


def check_status(b, a):
    """What made the vectors is said, and the check of the index answers."""
    b.open(c=a.collection)
    b.page.locator(".tile-link").first.click()
    b.settle()
    info = b.api("GET", f"/collections/{quoted(a.collection)}")
    status = b.page.locator("#status")
    expect(status).to_contain_text(info["sop"]["origin"]["encoder_sha256"][:12])
    expect(status).to_contain_text(f"× {info['config']['params']['vectors']['size']}")
    expect(status).to_contain_text("p50 / p95")
    b.page.get_by_role("button", name="Check the index").click()
    expect(status).to_contain_text("Nothing is wrong", timeout=60000)
    if a.graph:
        expect(status).to_contain_text("can be reached")
        expect(status).to_contain_text("all of so few rows are compared")


def check_hostile(b, a):
    """Ids and payloads are shown as text, whatever they look like, and name their points in addresses."""
    b.open(c=a.hostile, k=500)
    keys = b.keys()
    assert any("<" in key for key in keys), "the collection is not hostile"
    assert b.page.locator("main img[onerror], main script, main svg[onload]").count() == 0
    for key in [key for key in keys if any(sign in key for sign in "<>/?#% ")][:6]:
        b.open(c=a.hostile, id=key)
        assert key not in b.keys() and b.keys(), key
        b.page.locator(".tile-link").first.focus()
        b.page.keyboard.press("i")
        expect(b.page.locator("#point .fields")).to_contain_text(a.hostile)


def check_key(chromium, a):
    """The page asks for the key, says when it is wrong, and keeps it in the tab only."""
    b = Browser(chromium, a.keyed)
    with b.expecting("401"):
        b.page.goto(f"{b.base}/ui")
        expect(b.page.locator("#key-dialog")).to_be_visible()
        b.page.locator("#key-input").fill("not-the-key")
        b.page.keyboard.press("Enter")
        expect(b.page.locator("#key-message")).to_contain_text("not taken")
        b.page.locator("#key-input").fill(a.key)
        b.page.keyboard.press("Enter")
        expect(b.page.locator(".tile-link").first).to_be_visible()
    b.settle()
    b.until("document.querySelector('.tile img')?.naturalWidth > 0")
    assert a.key not in b.page.url and a.key not in b.page.evaluate("JSON.stringify(localStorage) + document.cookie")
    assert not b.problems, b.problems
    b.context.close()


def check_modules(b):
    """Parts of the page that are plain functions."""
    b.open()
    wrong = b.page.evaluate(
        '''async () => {
            const wrong = [];
            const check = (what, is, should) => { if (JSON.stringify(is) !== JSON.stringify(should)) wrong.push(`${what}: ${JSON.stringify(is)}`); };
            const json = await import('/ui/json.js');
            const text = '{"id":18446744073709551615,"a":[9007199254740993,-9007199254740993,1.25,"9007199254740993"],"b":"\\\\":12345678901234567890"}';
            check('whole numbers stay exact', json.write(json.parse(text)), text);
            check('a float is one', json.parse('[0.12345678901234567]')[0], 0.12345678901234567);
            const { filterOf, toggled } = await import('/ui/filter.js');
            check('no filter', filterOf({}), undefined);
            check('any', filterOf({ label: [1, 2] }), { must: [{ key: 'label', match: { any: [1, 2] } }] });
            check('mixed', filterOf({ a: [true, false] }), { must: [{ should: [{ key: 'a', match: { value: true } }, { key: 'a', match: { value: false } }] }] });
            check('without', filterOf({ a: [1], b: [2] }, 'a'), { must: [{ key: 'b', match: { value: 2 } }] });
            check('in and out', toggled(toggled({}, 'a', 1), 'a', 1), {});
            const { compare, common } = await import('/ui/overlap.js');
            const hits = (...keys) => keys.map((key) => ({ key }));
            const { missed, recall, extra } = compare(hits('a', 'b', 'c', 'd'), hits('a', 'c', 'x'));
            check('missed', [missed, recall, extra.map(({ key }) => key)], [2, 0.5, ['x']]);
            const { missed: folded } = compare(hits('a', 'b'), [{ key: 'a', folded: ['b'] }]);
            check('a hit that is folded is not missed', folded, 0);
            const both = common(hits('a', 'b', 'c'), hits('c', 'a'));
            check('common at the shorter length', [[...both.keys], both.k], [['a'], 2]);
            const { idsAsText } = await import('/ui/export.js');
            check('csv', idsAsText([{ id: 'a,"b"', label: null }, { id: 7, label: 'x' }], 'csv'), 'id,label\\r\\n"a,""b""",\\r\\n7,x\\r\\n');
            const { readRecall } = await import('/ui/sampled-recall.js');
            const metrics = 'sop_sampled_recall_sum{collection="a"} 3.5\\nsop_sampled_recall_count{collection="a"} 4\\n';
            check('recall', [readRecall(metrics, 'a'), readRecall(metrics, 'b')], [{ recall: 0.875, queries: 4 }, null]);
            const { MapPoints } = await import('/ui/map-points.js');
            let seed = 1;
            const random = () => ((seed = (seed * 16807) % 2147483647) / 2147483647);
            const points = Array.from({ length: 3000 }, (_, id) => ({ id, x: Math.fround(random() ** 3 * 10), y: Math.fround(random() * 4 - 2), label: id % 3 }));
            const map = new MapPoints(points);
            for (let turn = 0; turn < 200; turn += 1) {
                const [x, y, radius] = [random() * 12 - 1, random() * 6 - 3, random()];
                const near = points.map((p, row) => [(p.x - x) ** 2 + (p.y - y) ** 2, row]).filter(([d]) => d < radius * radius).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
                check('nearest', map.nearest(x, y, radius), near[0]?.[1] ?? -1);
            }
            const square = [[1, -1], [4, -1], [4, 1], [1, 1]];
            check('inside', map.inside(square), points.map((_, row) => row).filter((row) => points[row].x >= 1 && points[row].x < 4 && points[row].y >= -1 && points[row].y < 1));
            check('one point', new MapPoints([{ id: 1, x: 5, y: 5 }]).nearest(5, 5, 1), 0);
            check('no point', new MapPoints([]).nearest(0, 0, 1), -1);
            return wrong;
        }'''
    )
    assert not wrong, wrong


def check_names(b, a):
    """Everything that can be used has a name, every image a text."""
    for query in [{}, {"view": "map"}, *([{"b": a.beside}] if a.beside else [])]:
        with b.expecting("404"):
            b.open(c=a.collection, **query)
        nameless = b.page.evaluate(
            """() => [...document.querySelectorAll('button, a, input, select, canvas')].filter((one) => one.checkVisibility()
                && !(one.ariaLabel || one.textContent.trim() || one.labels?.length || one.title)).map((one) => one.outerHTML.slice(0, 120))"""
        )
        assert not nameless, nameless
        assert b.page.locator("img:not([alt])").count() == 0
        assert b.page.locator("h1").count() == 1


def check_docs(b):
    """The page of the interface lists the routes of the document."""
    b.page.goto(f"{b.base}/docs")
    b.page.wait_for_load_state("networkidle")
    listed = b.page.evaluate("fetch('/openapi.json').then((r) => r.json()).then((d) => Object.values(d.paths).flatMap(Object.keys).length)")
    assert b.page.locator(".route").count() == listed > 3, (b.page.locator(".route").count(), listed)
    b.page.locator(".route summary").first.click()
    expect(b.page.locator(".route .body pre").first).to_contain_text("curl")
    b.page.locator("#find").fill("healthz")
    assert b.page.locator(".route:visible").count() == 1


def missed_key(chromium, a):
    """A point of whose neighbours the graph misses some."""
    b = Browser(chromium, a.base)
    b.open()
    path = f"/collections/{quoted(a.hard)}/points/query"
    for key in range(100):
        exact, graph = ({p["id"] for p in b.api("POST", path, {"query": key, "limit": STEP, "params": {"exact": exact}})["points"]} for exact in (True, False))
        if exact != graph:
            b.context.close()
            return str(key)
    raise AssertionError("the graph misses nothing of 100 points")


def plain_label(chromium, a):
    """Two labels that points have."""
    b = Browser(chromium, a.base)
    b.open()
    hits = b.api("POST", f"/collections/{quoted(a.collection)}/facet", {"key": "label", "limit": 2})["hits"]
    b.context.close()
    return [hit["value"] for hit in hits]


def lasso_picture(b, a, path):
    """The map while something is being encircled, zoomed in."""
    b.page.unroute("**/points/query")
    b.open(c=a.collection, view="map")
    box = b.page.locator("#map canvas").bounding_box()
    b.page.get_by_role("button", name="Zoom in").click()
    b.page.get_by_role("button", name="Lasso").click()
    b.page.mouse.move(box["x"] + 100, box["y"] + 100)
    b.page.mouse.down()
    for x, y in [(360, 120), (330, 380), (120, 330)]:
        b.page.mouse.move(box["x"] + x, box["y"] + y, steps=10)
    b.page.screenshot(path=path)
    b.page.mouse.up()


def pictures(chromium, a, shots):
    """Every view at two widths in both themes, and at the narrowest phone for its layout."""
    plain = Browser(chromium, a.base)
    plain.open(c=a.collection)
    key = plain.keys()[0]
    plain.context.close()
    views = {"start": {}, "nearest": {"id": key}}
    if a.graph:
        views["compare"] = {"id": key, "mode": "compare"}
    if a.beside:
        views["beside"] = {"id": key, "b": a.beside}
    if a.map:
        views["map"] = {"id": key, "view": "map"}
    if a.twins:
        views["quality"] = {"c": a.twins, "id": "a4", "x": 1, "d": 1}
    if a.hostile:
        views["text"] = {"c": a.hostile}
    if a.hard:
        views["missed"] = {"c": a.hard, "id": missed_key(chromium, a), "mode": "compare"}
    label = plain_label(chromium, a)
    views["filtered"] = {"id": key, "f": json.dumps({"label": label})}
    views["nothing"] = {"id": key, "f": json.dumps({"label": ["no such label"]})}
    for size, (width, height) in {**SIZES, "360": (360, 740)}.items():
        for theme in ["light", "dark"]:
            b = Browser(chromium, a.base, viewport={"width": width, "height": height}, color_scheme=theme, has_touch=width < 500)
            for name, query in views.items():
                b.open(**{"c": a.collection, **query})
                b.page.wait_for_timeout(300)
                b.fits(f"{name} at {size}")
                if size in SIZES:
                    b.page.screenshot(path=shots / f"{name}-{size}-{theme}.png")
            if size in SIZES:
                b.open(c=a.collection, id=key)
                b.page.locator(".tile-select").nth(1).check()
                b.page.locator(".tile-select").nth(2).check()
                b.page.screenshot(path=shots / f"selection-{size}-{theme}.png")
                b.page.locator(".tile-more").first.click()
                expect(b.page.locator("#point .primary")).to_be_visible()
                b.page.wait_for_timeout(300)
                b.page.screenshot(path=shots / f"point-{size}-{theme}.png")
                b.page.keyboard.press("Escape")
                b.page.locator("#help-open").click()
                b.page.screenshot(path=shots / f"help-{size}-{theme}.png")
                b.page.goto(f"{b.base}/docs")
                b.page.wait_for_load_state("networkidle")
                b.page.locator(".route summary").nth(2).click()
                b.fits(f"docs at {size}")
                b.page.screenshot(path=shots / f"docs-{size}-{theme}.png")
                b.open(c=a.collection, id=key)
                if width < 900:
                    b.page.locator("#status-card > summary").click()
                b.page.get_by_role("button", name="Check the index").click()
                expect(b.page.locator("#status")).to_contain_text("Nothing is wrong", timeout=60000)
                b.page.locator("#verify").scroll_into_view_if_needed()
                b.page.screenshot(path=shots / f"status-{size}-{theme}.png")
                b.page.route("**/points/query", lambda route: route.abort())
                with b.expecting("ERR_FAILED"):
                    b.page.locator(".tile-link").first.click()
                    expect(b.page.locator(".empty.problem")).to_be_visible()
                    b.page.screenshot(path=shots / f"error-{size}-{theme}.png")
                if a.map and width > 900:
                    lasso_picture(b, a, shots / f"lasso-{size}-{theme}.png")
            assert not b.problems, b.problems
            b.context.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("shots", type=Path)
    parser.add_argument("--collection", required=True)
    for name in ["beside", "hostile", "hard", "twins", "keyed", "key"]:
        parser.add_argument(f"--{name}")
    for name in ["graph", "map", "image"]:
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--only", help="run the checks whose name contains this")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    a = parser.parse_args()
    a.shots.mkdir(parents=True, exist_ok=True)
    failed = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=a.chromium, args=["--no-sandbox"])

        def run(name, check):
            if a.only and a.only not in name:
                return
            b = Browser(chromium, a.base, viewport={"width": 1280, "height": 900})
            b.page.set_default_timeout(15000)
            try:
                check(b)
                assert not b.problems, b.problems
                print(f"ok      {name}", flush=True)
            except Exception as error:
                failed.append(name)
                b.page.screenshot(path=a.shots / f"failed-{name}.png")
                print(f"FAILED  {name}: {type(error).__name__}: {error}", flush=True)
            b.context.close()

        run("modules", check_modules)
        run("start", lambda b: check_start(b, a))
        run("click through", lambda b: check_click_through(b, a))
        run("id field", lambda b: check_id_field(b, a))
        run("keyboard", lambda b: check_keyboard(b, a))
        run("filters", lambda b: check_filters(b, a))
        run("selection", lambda b: check_selection(b, a, a.shots))
        run("status", lambda b: check_status(b, a))
        run("names", lambda b: check_names(b, a))
        run("docs", check_docs)
        if a.twins:
            run("quality", lambda b: check_quality(b, a))
        if a.graph:
            run("compare", lambda b: check_compare(b, a))
        if a.hard:
            run("hard", lambda b: check_hard(b, a))
        run("errors", lambda b: check_errors(b, a))
        if a.beside:
            run("two collections", lambda b: check_two_collections(b, a))
        if a.map:
            run("map", lambda b: check_map(b, a))
        if a.image:
            run("image", lambda b: check_image(b, a, a.shots))
        if a.hostile:
            run("hostile", lambda b: check_hostile(b, a))
        if a.keyed:
            run("key", lambda b: check_key(chromium, a))
        run("pictures", lambda b: pictures(chromium, a, a.shots))
        chromium.close()
    print(f"{len(failed)} failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
