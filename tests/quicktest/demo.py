"""The oldest example: read the names, apply a rule and render the message, without a monitor and its loop.

For programs that have a loop of their own. It sends nothing; it prints the mail. Run it from any directory:

    python tests/quicktest/demo.py
"""

from pathlib import Path

from auto_model_monitor import DefaultParser, DirectorySource, Renderer, ThresholdRule

source = DirectorySource(Path(__file__).parent / "logs", DefaultParser(metric="val_loss"))
rule = ThresholdRule(0.004, "lower")
renderer = Renderer(language="en")

readings = source.read()  # each later call returns what is new since the one before
print(len(readings), "scores in", source.name)

alert = rule.evaluate(readings)
if alert is not None:
    message = renderer.render(alert)
    print(message.subject)
    print(message.text)
