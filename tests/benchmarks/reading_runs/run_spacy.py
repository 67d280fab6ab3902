"""spaCy: ``spacy train`` of a text classifier and of an entity recognizer, with its console logger."""

import sys

import spacy
import spacy.training.loop as loop
from spacy.cli.init_config import init_config
from spacy.tokens import DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from truth import note

KIND = sys.argv[1]
WORDS = ["good", "fine", "great", "bad", "poor", "awful"]


def documents(path, start):
    nlp = spacy.blank("en")
    box = DocBin()
    for number in range(start, start + 60):
        word = WORDS[number % 6]
        doc = nlp(f"This number {number} was {word} in Paris")
        if KIND == "textcat":
            doc.cats = {"POS": float(number % 6 < 3), "NEG": float(number % 6 >= 3)}
        else:
            doc.ents = [doc.char_span(len(doc.text) - 5, len(doc.text), label="CITY")]
        box.add(doc)
    box.to_disk(path)


documents("train.spacy", 0)
documents("dev.spacy", 60)
config = init_config(
    lang="en", pipeline=[KIND], optimize="efficiency", gpu=False, pretraining=False, silent=True
)
config["paths"].update({"train": "train.spacy", "dev": "dev.spacy"})
config["training"].update({"max_steps": 60, "eval_frequency": 15})
nlp = init_nlp(config)
settings = nlp.config["training"]["logger"]


def noter(inner):
    def setup(nlp_, stdout=sys.stdout, stderr=sys.stderr):
        log, finish = inner(nlp_, stdout, stderr)

        def both(row):
            log(row)
            if row is None:
                return
            epoch = row["epoch"]
            for pipe, loss in row["losses"].items():
                note(
                    f"LOSS {pipe.upper()}",
                    loss,
                    epoch,
                    also=["train_loss", f"train_loss_{pipe}", f"loss_{pipe}"],
                )
            for name in nlp_.config["training"]["score_weights"]:
                value = row["other_scores"].get(name)
                if isinstance(value, float) and nlp_.config["training"]["score_weights"][name] is not None:
                    note(name, value * 100, epoch, also=[f"val_{name}", name.split("_", 1)[-1]])
            note("score", row["score"], epoch, also=["val_score"])

        return both, finish

    return setup


original = spacy.registry.resolve


def resolve(config, *args, **kwargs):
    found = original(config, *args, **kwargs)
    if isinstance(found, dict) and callable(found.get("logger")):
        found["logger"] = noter(found["logger"])
    return found


loop.registry.resolve = resolve
train(nlp, None, use_gpu=-1, stdout=sys.stdout, stderr=sys.stderr)
