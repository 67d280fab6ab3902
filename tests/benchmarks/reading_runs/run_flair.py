"""Flair: a tiny sequence tagger, trained from scratch."""

import flair
import torch
from flair.data import Corpus, Sentence
from flair.datasets import FlairDatapointDataset
from flair.embeddings import OneHotEmbeddings
from flair.models import SequenceTagger
from flair.trainers import ModelTrainer
from flair.trainers.plugins import TrainerPlugin
from truth import note

torch.manual_seed(0)
flair.device = torch.device("cpu")


def sentences(count):
    found = []
    for number in range(count):
        sentence = Sentence(f"We met in {('Paris', 'London', 'Rome')[number % 3]} on day {number % 7}")
        sentence[3:4].add_label("ner", "LOC")
        found.append(sentence)
    return FlairDatapointDataset(found)


class Noter(TrainerPlugin):
    @TrainerPlugin.hook
    def metric_recorded(self, record):
        self.trainer.epoch if hasattr(self.trainer, "epoch") else None
        name = (
            record.name.replace("/", "_")
            if isinstance(record.name, str)
            else str(record.name).replace("/", "_")
        )
        try:
            value = float(record.value)
        except (TypeError, ValueError):
            return
        if (
            (record.name[-1:] and "learning_rate" in name)
            or "momentum" in name
            or "batch" in name
            or "gradient" in name
        ):
            return
        note(
            name,
            value,
            record.global_step if "epoch" in str(record.typ) else None,
            also=["train_loss"] if name == "train_loss" else ["val_" + name.split("_", 1)[-1]],
        )


corpus = Corpus(sentences(60), sentences(18), sentences(18), name="tiny")
labels = corpus.make_label_dictionary("ner", add_unk=False)
tagger = SequenceTagger(
    hidden_size=16,
    embeddings=OneHotEmbeddings.from_corpus(corpus, embedding_length=16),
    tag_dictionary=labels,
    tag_type="ner",
    use_crf=False,
)
trainer = ModelTrainer(tagger, corpus)
trainer.train("out", learning_rate=0.1, mini_batch_size=8, max_epochs=3, plugins=[Noter()])
