"""The monitor's parts by hand, without its loop: for those who have a loop of their own.

Run it from anywhere:  python demo.py
"""

from pathlib import Path

from auto_model_monitor import DefaultParser, DirectorySource, Renderer, ThresholdRule

source = DirectorySource(Path(__file__).parent / "logs", DefaultParser(metric="val_loss"))
rule = ThresholdRule(0.004, "lower")
renderer = Renderer(language="en")

alert = rule.evaluate(source.read())  # call read() again whenever you like: it returns what is new
if alert is not None:
    print(renderer.render(alert).text)
