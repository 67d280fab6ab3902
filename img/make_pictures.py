"""Make the pictures of the README, each from a real run.

    pip install -e ".[dev]" && python img/make_pictures.py

Needs Chromium (or Chrome) on the path, or its name in the environment variable CHROMIUM.
"""

from __future__ import annotations

import base64
import html
import io
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import time
from email import message_from_bytes, policy
from pathlib import Path

from PIL import Image, ImageChops
from rich.console import Console
from rich.text import Text

try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib

HERE = Path(__file__).parent
SETTINGS = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))
CONTRACTS = SETTINGS["tool"]["importlinter"]["contracts"]
RUN = """
# The checkpoints of a training that improves, watched as in the README.
import sys
from pathlib import Path
from auto_model_monitor import ModelMonitor, MonitorConfig, DefaultParser
config = MonitorConfig("checkpoints", 0.004, parser=DefaultParser("val_loss"), language=sys.argv[1])
monitor = ModelMonitor(config)
Path("checkpoints").mkdir()
losses = (0.021, 0.0124, 0.0098, 0.0101, 0.0067, 0.0059, 0.0052, 0.0035, 0.0041, 0.003)
for epoch, loss in enumerate(losses, 1):
    name = f"epoch_{epoch:02}_val_loss_{loss}_acc_0.{80 + epoch + epoch // 2}.pt"
    Path("checkpoints", name).touch()
    monitor.check()
monitor.stop()
"""

RUN_WITH_PLOTS = """
# Fourteen checkpoints, and the curve of their scores in the mail.
import math, sys
from pathlib import Path
from auto_model_monitor import ModelMonitor, MonitorConfig, DefaultParser
config = MonitorConfig("checkpoints", 0.005, parser=DefaultParser("val_loss"), language=sys.argv[1])
monitor = ModelMonitor(config, plots=True)
Path("checkpoints").mkdir()
noise = (0, 3, -2, 1, -4, 2, 3, -3, 1, 4, -1, 2, 3, -4)
for epoch in range(1, 15):
    loss = 0.0178 * math.exp(-epoch / 4.2) + 0.0032 + noise[epoch - 1] * 1e-4
    Path("checkpoints", f"epoch_{epoch:02}_val_loss_{loss:.4f}.pt").touch()
    monitor.check()
monitor.stop()
"""

RUN_IN_PRODUCTION = """
# Two weeks of a model's predictions, of which the last two days are worse, and a look by the command.
import random, sys
from datetime import date, timedelta
from pathlib import Path
from auto_model_monitor.cli.main import main
chance = random.Random(4)
rows = ["id,time,model,prediction,label"]
for day in range(14, 0, -1):
    right = 0.942 if day > 2 else 0.875
    for number in range(1200):
        label = chance.random() < 0.3
        answer = label if chance.random() < right else not label
        time = f"{date.today() - timedelta(days=day)} {number // 50:02}:{number % 50:02}:00"
        rows.append(f"{day}-{number},{time},credit,{answer:d},{label:d}")
Path("predictions.csv").write_text("\\n".join(rows) + "\\n", "utf-8")
Path("credit.toml").write_text(f'''
language = "{sys.argv[1]}"
timezone = "Asia/Shanghai"
[[monitor]]
predictions = "predictions.csv"
rules = ["accuracy < 90% for 2"]
''', "utf-8")
sys.exit(0 if main(["monitor", "credit.toml", "--once"]) == 1 else "expected an alert")
"""

FAILING = """
# A training of which a batch needs more memory than the job was given, run as in the README.
import resource, time
from pathlib import Path

resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))

def load(images):
    return bytearray(images << 20)

Path("checkpoints").mkdir()
for epoch in range(1, 51):
    loss, acc = 2.1 / epoch + 0.25, 0.93 - 0.5 / epoch
    print(f"Epoch {epoch}/50 - val_loss: {loss:.4f} - val_acc: {acc:.4f}")
    Path(f"checkpoints/epoch_{epoch:02}.pt").touch()
    time.sleep(0.2)
    batch = load(256 * epoch)
"""


def chromium() -> str:
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, (shutil.which(name) for name in names if name)), None)
    return found or sys.exit("expected Chromium on the path or its name in CHROMIUM, found none")


def shoot(page: Path, picture: Path, width: int, *, dark: bool = False) -> None:
    """Photograph a page at twice its size, without the empty rest at the bottom."""
    with tempfile.TemporaryDirectory() as profile:
        colours = ["--blink-settings=preferredColorScheme=0"] if dark else []
        command = [chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *colours]
        command += ["--disable-background-networking", "--force-device-scale-factor=2", "--no-first-run"]
        command += [f"--user-data-dir={profile}", f"--window-size={width},2400", f"--screenshot={picture}"]
        subprocess.run([*command, page.as_uri()], check=True, capture_output=True, timeout=120)
    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    ground = Image.new("RGB", image.size, image.getpixel((0, image.height - 1)))
    box = ImageChops.difference(image, ground).getbbox() or (0, 0, *image.size)
    image.crop((0, 0, image.width, min(image.height, box[3] + 24))).save(picture, optimize=True)
    print(picture.relative_to(HERE.parent))


def mail(
    folder: Path, picture: Path, language: str, *, dark: bool = False, run: str = RUN, project: str = "cifar"
) -> None:
    """The HTML part of a mail that a real watch wrote, at a phone's width, under its own headers."""
    (folder := folder / project).mkdir()
    subprocess.run([sys.executable, "-c", run, language], cwd=folder, check=True)
    newest_mail(folder, picture, dark=dark)


def failure(folder: Path, picture: Path, language: str) -> None:
    """The mail about the end of a training that failed: auto-model-monitor run -- python train.py."""
    (folder := folder / "cifar").mkdir()
    (folder / "train.py").write_text(FAILING, "utf-8")
    command = [sys.executable, "-m", "auto_model_monitor", "run", "--language", language]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}
    subprocess.run([*command, "--", "python", "train.py"], cwd=folder, check=False, env=environment)
    newest_mail(folder, picture)


def newest_mail(folder: Path, picture: Path, *, dark: bool = False) -> None:
    """The newest mail below a folder as a picture."""
    newest = max(folder.glob("monitor_logs/mailbox/*.eml"), key=lambda p: p.stat().st_mtime_ns)
    parsed = message_from_bytes(newest.read_bytes(), policy=policy.default)
    body = parsed.get_body(("html",)).get_content()
    for part in parsed.walk():
        if cid := part["Content-ID"]:  # a mail program shows the part itself
            drawn = base64.b64encode(part.get_content()).decode()
            body = body.replace(f"cid:{cid.strip('<>')}", f"data:image/png;base64,{drawn}")
    ink, ground = ("#e8eaed", "#1f1f1f") if dark else ("#202124", "#ffffff")
    head = (
        f'<div style="font:600 19px/1.35 Noto Sans CJK SC,sans-serif;padding:14px 8px 12px;color:{ink}">'
        f"{html.escape(parsed['Subject'])}</div>"
    )
    page = folder / "mail.html"
    page.write_text(f'<body style="margin:8px;background:{ground}">{head}{body}', encoding="utf-8")
    shoot(page, picture, 360, dark=dark)


def terminal(command: list[str], folder: Path, picture: Path, title: str, columns: int = 100) -> None:
    """What a command prints on a terminal of its own, as a picture."""
    child, screen = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ.update(COLUMNS=str(columns), LINES="48", TERM="xterm-256color")
        os.execvp(command[0], command)
    printed = b""
    while True:
        try:
            printed += (piece := os.read(screen, 65536))
        except OSError:
            break
        if not piece:
            break
    os.waitpid(child, 0)
    console = Console(record=True, width=columns, file=io.StringIO())
    console.print(Text.from_ansi(printed.decode("utf-8").replace("\r\n", "\n").rstrip() + "\n"))
    drawing = console.export_svg(title=title, font_aspect_ratio=0.61)
    drawing = drawing.replace("Fira Code", "DejaVu Sans Mono").replace("@font-face", "@ignored")
    page = folder / "terminal.html"
    page.write_text(f'<meta charset="utf-8"><body style="margin:0;background:#fff">{drawing}', "utf-8")
    shoot(page, picture, 12 * columns + 40)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pictures-") as name:
        night = Path(name, "night")
        for language, picture in (("en", "mail.png"), ("zh", "mail.zh-CN.png")):
            folder = Path(name, language)
            folder.mkdir()
            mail(folder, HERE / picture, language)
        for language, picture in (("en", "failure.png"), ("zh", "failure.zh-CN.png")):
            folder = Path(name, f"failure-{language}")
            folder.mkdir()
            failure(folder, HERE / picture, language)
        folder = Path(name, "dark")
        folder.mkdir()
        mail(folder, HERE / "mail-dark.png", "en", dark=True)
        folder = Path(name, "plot")
        folder.mkdir()
        mail(folder, HERE / "mail-plot.png", "en", run=RUN_WITH_PLOTS)
        for language, picture in (("en", "mail-production.png"), ("zh", "mail-production.zh-CN.png")):
            folder = Path(name, f"production-{language}")
            folder.mkdir()
            mail(folder, HERE / picture, language, run=RUN_IN_PRODUCTION, project="credit")
        night.mkdir()
        checkpoints = night / "checkpoints"
        checkpoints.mkdir()
        now = time.time()
        for age, file in enumerate(
            [
                "epoch_12_val_loss_9.8e-04_acc_0.97.pt",
                "epoch_11_val_loss_0.0031_acc_0.95.pt",
                "epoch_10_val_loss_0.003_acc_0.95.pt",
                "epoch_09_val_loss_nan_acc_0.10.pt",
                "epoch_08_val_loss_0.0035_acc_0.94.pt",
                "epoch_07_val_loss_0.0052_acc_0.91.pt",
                "best.pt",
                "epoch_13.pt.tmp",
                ".epoch_13.swp",
            ]
        ):
            (checkpoints / file).touch()
            os.utime(checkpoints / file, (now - 600 * age,) * 2)
        program = shutil.which("auto-model-monitor", path=str(Path(sys.executable).parent))
        inspect = [program or "auto-model-monitor", "inspect", "checkpoints", "--threshold", "0.004"]
        terminal(
            [*inspect, "--metric", "val_loss"],
            night,
            HERE / "inspect.png",
            "auto-model-monitor inspect checkpoints --threshold 0.004 --metric val_loss",
        )
        terminal(
            [inspect[0], "demo", "--language", "en"], night, HERE / "demo.png", "auto-model-monitor demo", 80
        )


if __name__ == "__main__":
    main()
