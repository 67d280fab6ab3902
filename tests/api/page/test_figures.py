"""What the page shows of a training, in a real browser: curves, tiles, epochs, best values, search, log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.page.live_server import Baton, LiveServer
from tests.waiting import until

expect = pytest.importorskip("playwright.sync_api").expect
Visit = Callable[..., Any]

pytestmark = pytest.mark.browser

TRACES = "key => (document.getElementById(`${key}-curve`).data ?? []).map(t => ({name: t.meta, x: [...t.x], \
style: [t.line.color, t.line.dash, t.mode.includes('markers') ? t.marker.symbol : '']}))"


def drawn(page: Any, panel: str) -> dict[str, Any]:
    return {trace["name"]: trace for trace in page.evaluate(TRACES, panel)}


@pytest.fixture
def logged(visit: Visit, server: LiveServer, baton: Baton) -> Callable[..., Any]:
    """Open the page of a training that has printed lines: ``page = logged("val_loss: 1")``."""

    def open_page(*lines: str, end: bool = False, **values: Any) -> Any:
        task_id = server.submit(baton, **values)
        baton.pass_on(*(f"say {line}" for line in lines), *(["exit"] if end else []))
        path = f"/api/v2/training/{task_id}/details"
        until(lambda: server.ask(path)["last_seq"] > len(lines))
        if end:
            until(lambda: server.ask(path)["status"] == "completed")
        page = visit(task_id)
        page.task_id = task_id
        return page

    return open_page


MANY = [f"metric_{number}_loss" for number in range(60)]
NAMES = {
    "losses of many kinds": [
        "kl_loss",
        "dice_loss",
        "mask_loss",
        "rpn_loss",
        "seg_loss",
        "actor_loss",
        "critic_loss",
        "gan_loss",
    ],
    "the usual ones and others": ["val_loss", "train_loss", "box_loss", "cls_loss", "dfl_loss", "obj_loss"],
    "sixty": MANY,
}


@pytest.mark.parametrize("case", NAMES)
def test_no_two_curves_of_a_panel_look_alike(logged: Any, case: str) -> None:
    """Colour, dash and points together are different for each curve, and its chip shows the same line."""
    names = NAMES[case]
    page = logged(*("{" + f'"epoch": 1, "{name}": 0.5' + "}" for name in names))
    until(lambda: len(drawn(page, "loss")) == len(names))
    styles = [str(trace["style"]) for trace in drawn(page, "loss").values()]
    assert len(set(styles)) == len(names)


ZERO = [f"Epoch {epoch}/20 - val_loss: {1 / (epoch + 1):.3f}" for epoch in range(20)]


def test_epochs_from_zero_end_at_the_last_one(logged: Any) -> None:
    """Twenty epochs that are counted from 0 end as 20 of 20, in the task, in its row and on the axis."""
    page = logged(*ZERO, end=True, num_epochs=20)
    expect(page.locator("#epoch")).to_have_text("Epoch 20 of 20")
    expect(page.locator(f"#rows a[href='#{page.task_id}']")).to_contain_text("20/20")
    expect(page.locator("#val-loss-best")).to_contain_text("epoch 20")
    until(lambda: "val_loss" in drawn(page, "loss"))
    assert drawn(page, "loss")["val_loss"]["x"] == list(range(1, 21))


def test_values_before_the_first_epoch_stand_before_its_end(logged: Any) -> None:
    """What is logged before epoch 1 stands between 0 and 1, and the axis does not begin below 0."""
    page = logged(
        "val_loss: 3",
        "val_loss: 2.5",
        "Epoch [1/4] started",
        "val_loss: 2",
        "Epoch [2/4] started",
        "val_loss: 1",
    )
    until(lambda: len(drawn(page, "loss").get("val_loss", {}).get("x", [])) == 4)
    x = drawn(page, "loss")["val_loss"]["x"]
    assert x == sorted(x)
    assert all(0 <= place <= 1 for place in x[:3])
    assert x[3] == 2


@pytest.mark.parametrize(
    ("metric", "values", "best"),
    [
        ("val_acc", ["0.5", "0.9", "0.7"], "0.9"),
        ("val_loss", ["0.5", "0.2", "0.7"], "0.2"),
        ("val_wer", ["0.5", "0.2", "0.7"], "0.2"),
        ("perplexity", ["9.5", "4.5", "7.5"], "4.5"),
        ("val_mae", ["0.5", "0.2", "0.7"], "0.2"),
        ("bleu", ["20.5", "31.5", "27.5"], "31.5"),
        ("val_psnr", ["20.5", "31.5", "27.5"], "31.5"),
        ("fid", ["20.5", "11.5", "27.5"], "11.5"),
    ],
)
def test_the_tiles_show_what_is_there_with_its_best_value(
    logged: Any, metric: str, values: list[str], best: str
) -> None:
    """Tiles are of metrics that exist, and ``best`` follows whether the metric rises or falls."""
    page = logged(*("{" + f'"epoch": {n}, "{metric}": {value}' + "}" for n, value in enumerate(values, 1)))
    tiles = page.locator("#figures > div:visible")
    expect(tiles).to_have_count(2)  # and the learning rate of the request
    expect(tiles.first.locator("dd.best")).to_contain_text(f"best {best}")
    expect(tiles.first.locator("dd.best")).to_contain_text("epoch 2")


def test_without_a_metric_there_are_no_tiles_and_no_axes(logged: Any) -> None:
    """A training without numbers shows neither tiles nor axes, but what will be there."""
    page = logged("hello")
    expect(page.locator("#figures > div:visible")).to_have_count(0)
    assert page.locator("#loss-curve .xaxislayer-above").count() == 0
    expect(page.locator(".curve.loss .none")).to_be_visible()


def test_a_panel_whose_curves_are_switched_off_has_no_axes(logged: Any) -> None:
    """The axes go with the last curve, and come back with the first."""
    page = logged("Epoch [1/4] started", "val_loss: 2")
    until(lambda: drawn(page, "loss"))
    chip = page.locator(".curve.loss .chips .chip")
    chip.click()
    expect(page.locator("#loss-curve svg")).to_have_count(0)
    expect(page.locator(".curve.loss .none")).to_be_visible()
    chip.click()
    until(lambda: drawn(page, "loss"))


def test_the_search_asks_the_server(
    visit: Visit, server: LiveServer, baton: Baton, cancel: Callable[[str], None]
) -> None:
    """A training beyond the loaded page is found by a part of its name, in any case of its letters."""
    for number in range(56):
        cancel(server.submit(baton, model=f"Wanted{number:02}", device="cuda:999"))
    page = visit(curves=False)
    expect(page.locator("#rows li")).to_have_count(50)
    page.fill("#search", "wanted03")
    expect(page.locator("#rows li")).to_have_count(1)
    expect(page.locator("#rows .row-model")).to_have_text("Wanted03")
    expect(page.locator("#more")).to_be_hidden()
    page.fill("#search", "no such training")
    expect(page.locator("#none")).to_have_text("No training matches.")


def test_the_whole_log_is_one_click_away(logged: Any, server: LiveServer) -> None:
    """The link beside the log leads to all of it, as text."""
    page = logged("one", "two")
    with page.context.expect_page() as opened:
        page.locator("#whole").click()
    text = opened.value.locator("body").inner_text()
    assert text.splitlines() == server.log_of(page.task_id)


def test_a_refused_page_shows_why(visit: Visit, server: LiveServer) -> None:
    """What a server refuses with 403 is shown in its own words."""
    page = visit(expected="403", curves=False)
    detail = "Origin: expected a page of this server, got another"
    page.route(
        "**/api/v2/training?*",
        lambda route: route.fulfill(
            status=403, content_type="application/problem+json", json={"status": 403, "detail": detail}
        ),
    )
    page.fill("#search", "x")
    expect(page.locator("#notice")).to_contain_text(detail)
