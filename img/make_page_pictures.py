"""Make the pictures of the page, from a real run of ``auto-model-monitor serve``.

    pip install -e ".[api,dev]" && python img/make_page_pictures.py

Needs Chromium (or Chrome) on the path, or its name in the environment variable CHROMIUM. The trainer logs
what the one that comes with the package logs, but learns nothing, so this takes half a minute.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from make_pictures import HERE, chromium
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

TRAINER = """
import math, random, sys, time
from pathlib import Path

values = dict(argument[2:].split("=", 1) for argument in sys.argv[1:])
model, epochs = values["model"], int(values["num-epochs"])
chance = random.Random(model)
pause = {"resnet50": 0.6, "convnext_tiny": 0.4}.get(model, 0.02)
best = 0.0
print(f"Training {model} on {values['device']}: {values['num-classes']} classes, 2944 images", flush=True)
for epoch in range(1, epochs + 1):
    if model == "resnet50" and epoch == 23:
        pause = 20  # while the pictures are taken
    fall, rate = math.exp(-epoch / 5), float(values["learning-rate"]) * 0.5 ** (epoch // 12)
    accuracy = 96.4 - 74 * fall - 2.2 * chance.random()
    print(f"Epoch [{epoch}/{epochs}] started", flush=True)
    print(f"Learning Rate: {rate}", flush=True)
    time.sleep(pause / 2)
    train_loss = 2.3 * fall + 0.07 + 0.04 * chance.random()
    learnt = 99 - 77 * fall - chance.random()
    print(f"Train Loss: {train_loss:.4f}, Train Accuracy: {learnt:.2f}%", flush=True)
    if model.startswith("vit") and epoch == 6:
        sys.exit("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB")
    time.sleep(pause / 2)
    val_loss = 2.2 * fall + 0.2 + 0.07 * chance.random()
    print(f"Validation Loss: {val_loss:.4f}, Validation Accuracy: {accuracy:.2f}%", flush=True)
    print(f"Validation macro_F1: {accuracy / 100 - 0.008:.4f}", flush=True)
    print(f"Validation mAP: {accuracy / 100 + 0.011:.4f}", flush=True)
    top3, top5 = 99.4 - 30 * fall, 99.9 - 16 * fall
    print(f"Validation Top-k Accuracy: {{'top1': {accuracy:.2f}, 'top3': {top3:.2f}, 'top5': {top5:.2f}}}")
    if accuracy > best:
        best = accuracy
        print(f"New best model saved with Accuracy: {best:.2f}%", flush=True)
print("Training completed", flush=True)
"""
FINAL = ("completed", "failed", "cancelled")


class Server:
    """A server process in a folder of its own, and a client of it."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        for name in ("train", "val"):
            (self._data / "pets" / name).mkdir(parents=True)
        trainer = folder / "trainer.py"
        trainer.write_text(TRAINER, "utf-8")
        command = [sys.executable, "-m", "auto_model_monitor", "serve", "--port", "0"]
        command += ["--store", str(folder / "store"), "--allow-path", str(self._data)]
        command += ["--trainer", f"image-classifier={sys.executable} {trainer} {{args}}"]
        environment = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=folder)
        assert self._process.stdout is not None
        printed = next(line for line in self._process.stdout if b"?token=" in line).decode()
        self.url = next(word for word in printed.split() if "?token=" in word)
        self._base, _, self._token = self.url.partition("?token=")

    def ask(self, path: str, body: Any = None) -> Any:
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._token}"}
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._base}api/v2/{path}", sent, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def start(self, model: str, device: str, epochs: int) -> str:
        body = {"model": model, "num_classes": 37, "num_epochs": epochs, "device": device}
        body |= {"train_path": "pets/train", "val_path": "pets/val", "save_path": f"checkpoints/{model}"}
        return str(self.ask("training/start", body)["task_id"])

    def wait(self, task: str, epoch: int | None = None) -> None:
        """Wait until a task has ended or has reached an epoch."""
        while True:
            now = self.ask(f"training/{task}")
            if now["status"] in FINAL or (epoch is not None and now["current_epoch"] >= epoch):
                return
            time.sleep(0.1)

    def end(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)


def shoot(browser: Browser, url: str, picture: str, width: int, height: int, **options: Any) -> None:
    """Photograph the page at twice its size, in 256 colours."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=2,
        reduced_motion="reduce",
        **options,
    )
    page = context.new_page()
    page.goto(url)
    page.locator("#accuracy-curve .scatterlayer path.js-line").first.wait_for()
    page.locator("#lines .entry").nth(20).wait_for(state="attached")
    page.wait_for_timeout(600)  # until the drawing is on the screen
    page.screenshot(path=HERE / picture)
    context.close()
    with Image.open(HERE / picture) as opened:
        opened.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(HERE / picture, optimize=True)
    print(f"img/{picture}")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pictures-") as name:
        server = Server(Path(name))
        try:
            for model, device, epochs in (("efficientnet_b0", "cpu", 30), ("resnet34", "cuda:1", 40)):
                server.wait(server.start(model, device, epochs))
            server.wait(server.start("vit_small_patch16_224", "cuda:0", 30))
            cancelled = server.start("convnext_tiny", "cuda:0", 30)
            server.wait(cancelled, 4)
            server.ask(f"training/{cancelled}/cancel", {})
            server.wait(cancelled)
            server.wait(server.start("resnet18", "cuda:1", 30))
            shown = server.start("resnet50", "cuda:0", 30)
            waiting = server.start("swin_tiny_patch4_window7_224", "cuda:0", 50)
            server.wait(shown, 23)
            with sync_playwright() as running:
                browser = running.chromium.launch(
                    executable_path=chromium(), args=["--no-sandbox", "--headless=new"]
                )
                url = f"{server.url}#{shown}"
                shoot(browser, url, "page.png", 1280, 860, locale="en-US")
                shoot(browser, url, "page.zh.png", 1280, 860, locale="zh-CN")
                shoot(browser, url, "page-dark.png", 1280, 860, locale="en-US", color_scheme="dark")
                shoot(
                    browser, url, "page-phone.png", 390, 844, locale="en-US", is_mobile=True, has_touch=True
                )
                browser.close()
            for task in (waiting, shown):
                server.ask(f"training/{task}/cancel", {})
            server.wait(shown)
        finally:
            server.end()


if __name__ == "__main__":
    main()
