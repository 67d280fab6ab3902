"""The page in a real browser, against a real server that runs real processes."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.page.live_server import Baton, LiveServer

expect = pytest.importorskip("playwright.sync_api").expect
Visit = Callable[..., Any]

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=window.pwned=1><b>&lt;" + "long" * 38
# Playwright's own wait_for_function evaluates a text, which the page's policy forbids.
GROWN = """expected => new Promise((grown, failed) => {
  const end = Date.now() + 15000;
  const look = () => {
    const traces = document.getElementById('loss-curve').data ?? [];
    const points = traces.find(trace => trace.meta === 'train_loss')?.x.length;
    if (points === expected) grown();
    else if (Date.now() > end) failed(new Error(`expected ${expected} points, got ${points}`));
    else requestAnimationFrame(look);
  };
  look();
})"""


def grown_to(page: Any, points: int) -> None:
    """Wait until the curve of the training's loss has this number of points."""
    page.evaluate(GROWN, points)


# The line that somebody sees at a place of the log.
READ = """lines => {
  const { x, y } = lines.getBoundingClientRect();
  return document.elementFromPoint(x + 200, y + 50).textContent;
}"""


def shown_lines(page: Any) -> list[str]:
    return page.locator("#lines .entry .message").all_text_contents()


def test_a_training_started_by_the_form_draws_its_curve_to_the_end(
    visit: Visit, server: LiveServer, baton: Baton
) -> None:
    """The form starts a training; its curves, figures, bar and log grow with each epoch until it ends."""
    page = visit()
    page.get_by_role("button", name="Start training").click()
    for name, value in {**baton.paths, "num_epochs": "10"}.items():
        page.fill(f"[name={name}]", value)
    page.locator("#submit").click()
    expect(page.locator("#state")).to_have_text("Running")
    expect(page.locator("#link")).to_have_text("Live")
    baton.pass_on(epochs=1)
    grown_to(page, 1)
    baton.pass_on(epochs=2)
    grown_to(page, 3)
    expect(page.locator("#percent")).to_have_text("30%")
    expect(page.locator("#epoch")).to_have_text("Epoch 3 of 10")
    expect(page.locator("#val-acc")).to_have_text("72.55%")
    expect(page.locator("#val-acc-best")).to_contain_text("epoch 3")
    assert page.evaluate("document.getElementById('accuracy-curve').data.map(t => t.meta)") == [
        "val_acc",
        "train_acc",
    ]
    expect(page.locator("#lines .badge.validation").first).to_have_text("validation")
    baton.pass_on(epochs=7)
    expect(page.locator("#state")).to_have_text("Completed")
    expect(page.locator("#link")).to_have_text("Log complete")
    expect(page.locator("#percent")).to_have_text("100%")
    grown_to(page, 10)
    task_id = page.url.partition("#")[2]
    assert shown_lines(page)[:-1] == server.log_of(task_id)


def test_a_killed_server_leaves_neither_a_gap_nor_a_repeat(
    visit: Visit, server: LiveServer, baton: Baton
) -> None:
    """After the server is killed and restarted, every line of the log is shown once, in order."""
    task_id = server.submit(baton)
    page = visit(task_id, expected=("net::ERR_", "401"))
    baton.pass_on(epochs=2)
    grown_to(page, 2)
    server.end(signal.SIGKILL)
    expect(page.locator("#link")).to_have_text("Reconnecting…")
    expect(page.locator("#notice")).to_be_visible()
    baton.pass_on(epochs=3)
    server.start()
    expect(page.locator("#notice")).to_contain_text("Signed out")  # the cookie was the last run's
    other = page.context.new_page()
    other.goto(f"{server.url}/?token={server.token}")
    other.close()
    expect(page.locator("#link")).to_have_text("Live")
    grown_to(page, 5)
    expect(page.locator("#notice")).to_be_hidden()
    baton.pass_on(epochs=5)
    expect(page.locator("#state")).to_have_text("Completed")
    expect(page.locator("#link")).to_have_text("Log complete")
    assert shown_lines(page)[:-1] == server.log_of(task_id)


def test_a_training_is_cancelled_after_confirmation_and_can_then_be_deleted(
    visit: Visit, server: LiveServer, baton: Baton
) -> None:
    """Escape keeps a training running, a confirmation cancels it, and a second one deletes its record."""
    task_id = server.submit(baton)
    page = visit(task_id, curves=False)
    expect(page.locator("#state")).to_have_text("Running")
    page.locator("#cancel").click()
    expect(page.locator("#confirm-no")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#confirm")).to_be_hidden()
    assert server.ask(f"/api/v2/training/{task_id}")["status"] == "running"
    page.locator("#cancel").click()
    page.locator("#confirm-yes").click()
    expect(page.locator("#state")).to_have_text("Cancelled")
    expect(page.locator("#spoken")).to_have_text("resnet18: Cancelled")
    row = page.locator(f"#rows a[href='#{task_id}']")
    expect(row).to_contain_text("Cancelled")
    page.locator("#delete").click()
    page.locator("#confirm-yes").click()
    expect(row).to_have_count(0)


def test_the_specifications_client_moves_the_bar_and_the_figures(
    visit: Visit, server: LiveServer, baton: Baton, seed_client: str
) -> None:
    """The third client of the specification, to the letter: 30 % of the bar's width at epoch 3 of 10."""
    watched = server.submit(baton)
    baton.pass_on(epochs=3)
    still = server.submit(baton, model="still")  # the page itself shows a task that moves nothing
    page = visit(still, curves=False)
    expect(page.locator("#model")).to_have_text("still")
    script = seed_client.replace("your-task-id", watched)
    page.route("**/client.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    page.evaluate("() => import('/client.js')")
    expect(page.locator("#val-acc")).to_have_text("72.55%")
    expect(page.locator("#train-acc")).to_have_text("73.35%")
    width = "document.getElementById('{}').getBoundingClientRect().width"
    share = page.evaluate(f"{width.format('progress')} / {width.format('track')}")
    assert share == pytest.approx(0.3, abs=0.01)


def test_hostile_text_stays_text(visit: Visit, server: LiveServer, baton: Baton) -> None:
    """Neither a model's name nor a log line becomes an element or runs."""
    task_id = server.submit(baton, model=HOSTILE)
    page = visit(task_id, curves=False)
    baton.pass_on(epochs=1)
    expect(page.locator("#val-acc")).to_have_text("48.14%")
    expect(page.locator("#model")).to_have_text(HOSTILE)
    expect(page.locator("#lines")).to_contain_text(HOSTILE)
    expect(page.locator(f"#rows a[href='#{task_id}']")).to_contain_text(HOSTILE)
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img, main b, nav img").count() == 0


def test_a_phone_shows_everything_without_horizontal_scrolling(
    visit: Visit, server: LiveServer, baton: Baton
) -> None:
    """At 360 pixels the list, a task with a hostile name, its details, the form and a dialog all fit."""
    task_id = server.submit(baton, model=HOSTILE)
    baton.pass_on(epochs=1)
    page = visit("", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    row = page.locator(f"#rows a[href='#{task_id}']")

    def fits() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate("visualViewport.scale") == 1

    expect(row).to_be_visible()
    fits()
    row.click()
    grown_to(page, 1)
    page.locator("#facts summary").click()
    fits()
    page.locator("#cancel").click()
    fits()
    page.keyboard.press("Escape")
    page.locator("#new").click()
    fits()
    page.keyboard.press("Escape")
    page.locator(".back").click()
    expect(row).to_be_visible()


def test_a_training_is_started_with_the_keyboard_alone(
    visit: Visit, server: LiveServer, baton: Baton
) -> None:
    """Tab, typing and Enter reach the form, correct an error and start a training; the focus is visible."""
    page = visit(curves=False)
    expect(page.locator("#rows, #none")).not_to_have_count(0)
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "new":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("#field-model")).to_be_focused()
    page.keyboard.type("keyboard_net")
    for name in ("train_path", "val_path", "save_path"):
        page.keyboard.press("Tab")
        page.keyboard.type(baton.paths[name])
    page.keyboard.press("Tab")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    expect(page.locator("#field-num_classes-problem")).to_have_text("Must be at least 1")
    expect(page.locator("#field-num_classes")).to_be_focused()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(page.locator("#model")).to_have_text("keyboard_net")
    expect(page.locator("#form-dialog")).to_be_hidden()


def test_a_refused_value_is_shown_at_its_field(visit: Visit, server: LiveServer) -> None:
    """The error of each field is shown at the field, which is marked and focused."""
    page = visit(expected="422", curves=False)
    page.locator("#new").click()
    for name in ("train_path", "val_path", "save_path"):
        page.fill(f"[name={name}]", "/etc")
    page.locator("#submit").click()
    for name in ("train_path", "val_path", "save_path"):
        expect(page.locator(f"#field-{name}-problem")).to_contain_text("--allow-path")
        expect(page.locator(f"#field-{name}")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#field-train_path")).to_be_focused()


def test_the_log_is_bounded_and_does_not_jump_while_reading(
    visit: Visit, server: LiveServer, baton: Baton
) -> None:
    """The last 2,000 lines are shown; a reader who scrolls up stays there; a filter finds the metrics."""
    task_id = server.submit(baton)
    baton.pass_on("chat", "chat")
    page = visit(task_id, curves=False)
    lines, latest = page.locator("#lines"), page.locator("#latest")
    from_end = "n => n.scrollHeight - n.scrollTop - n.clientHeight"
    expect(lines.locator(".message").last).to_have_text("a line without a number to keep (4999)")
    assert lines.evaluate(from_end) < 24
    lines.evaluate("n => { n.scrollTop = n.scrollHeight / 2; }")
    expect(latest).to_be_visible()
    lines.scroll_into_view_if_needed()
    before = lines.evaluate(READ)
    baton.pass_on(epochs=1)
    expect(latest).to_contain_text("9 new")
    assert lines.evaluate(READ) == before
    assert lines.locator(".entry").count() == 2000
    latest.click()
    expect(latest).to_be_hidden()
    assert lines.evaluate(from_end) < 24
    baton.pass_on("chat")
    expect(lines.locator(".skipped")).to_contain_text(re.compile(r"1[0-9]{4} earlier lines"))
    assert lines.locator(".entry").count() == 2000
    page.get_by_label("Only lines with metrics").check()
    expect(lines.locator(".entry")).to_have_count(8)


def test_thousands_of_tasks_come_in_pages_and_are_filtered_by_state(
    visit: Visit, server: LiveServer, baton: Baton, cancel: Callable[[str], None]
) -> None:
    """Fifty tasks are shown first, the others on request; a state and a word filter them."""
    for number in range(70):  # one runs and waits for its baton, the others wait for its device
        cancel(server.submit(baton, model=f"queued{number:02}", device="mps"))
    page = visit(curves=False)
    rows = page.locator("#rows li")
    expect(rows).to_have_count(50)
    page.locator("#more").click()
    expect(rows.nth(69)).to_be_visible()
    page.fill("#search", "queued07")
    expect(rows).to_have_count(1)
    page.fill("#search", "")
    page.locator("#states").get_by_role("button", name="Completed").click()
    expect(page.locator("#rows li:not([data-state=completed])")).to_have_count(0)


@pytest.mark.parametrize(
    ("locale", "word"), [("zh-CN", "开始训练"), ("en-GB", "Start training"), ("fr-FR", "开始训练")]
)
def test_the_page_has_the_readers_language_and_remembers_a_choice(
    visit: Visit, locale: str, word: str
) -> None:
    """Chinese unless the browser prefers English; the switch changes every text, and a reload keeps it."""
    page = visit(locale=locale, curves=False)
    new = page.locator("#new")
    expect(new).to_have_text(word)
    page.locator("#language").click()
    other = {"开始训练": "Start training", "Start training": "开始训练"}[word]
    expect(new).to_have_text(other)
    page.reload()
    expect(new).to_have_text(other)


CONTRASTS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (...colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (c) => c.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const poor = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || !parent.checkVisibility({ visibilityProperty: true })) continue;
    const grounds = [];
    for (let up = parent; up; up = up.parentElement) grounds.unshift(getComputedStyle(up).backgroundColor);
    const style = getComputedStyle(parent);
    const ink = parent instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [light(rgb(...grounds)), light(rgb(...grounds, ink))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push([node.data.trim().slice(0, 40), ratio.toFixed(2)]);
  }
  return poor;
}"""


def hard_to_read(page: Any) -> Any:
    """Return the texts with too little contrast, once the curves have the colours of the theme."""
    for _ in range(60):
        poor = page.evaluate(CONTRASTS)
        if not poor:
            break
        page.evaluate("new Promise(requestAnimationFrame)")
    return poor


def test_every_text_can_be_read_in_light_and_in_dark(visit: Visit, server: LiveServer, baton: Baton) -> None:
    """Every text has a contrast of at least 4.5 to 1 in both themes."""
    task_id = server.submit(baton)
    baton.pass_on(epochs=2)
    page = visit(task_id, color_scheme="light")
    grown_to(page, 2)
    page.locator("#facts summary").click()
    for theme, shown in (("light", "rgb(245, 246, 248)"), ("dark", "rgb(14, 17, 22)")):
        page.locator("#theme").click()
        expect(page.locator("body")).to_have_css("background-color", shown)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        assert hard_to_read(page) == []
        page.locator("#new").click()
        page.locator("#submit").click()
        expect(page.locator(".problem").filter(has_text="Please fill in").first).to_be_visible()
        assert hard_to_read(page) == []
        page.keyboard.press("Escape")


def test_every_control_has_a_name(visit: Visit, server: LiveServer, baton: Baton) -> None:
    """Everything that the keyboard reaches has an accessible name."""
    page = visit(server.submit(baton), curves=False)
    baton.pass_on(epochs=1)
    expect(page.locator("#others-curve")).to_be_visible()
    page.locator("#new").click()
    nameless = """() => [...document.querySelectorAll('button, a, input, select, [tabindex]')]
      .filter(n => n.checkVisibility() && n.id !== 'main')
      .filter(n => !(n.ariaLabel || n.textContent.trim() || n.labels?.[0]?.textContent.trim()))
      .map(n => n.outerHTML)"""
    assert page.evaluate(nameless) == []
