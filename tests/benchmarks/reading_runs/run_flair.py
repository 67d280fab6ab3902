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
    """Takes what the trainer records at the end of each epoch."""

    epoch = 0

    @TrainerPlugin.hook
    def before_training_epoch(self, epoch, **_):
        self.epoch = epoch

    @TrainerPlugin.hook
    def metric_recorded(self, record):
        name = str(record.name).replace("/", "_")
        names = {
            "train_loss": ["train_loss"],
            "dev_loss": ["val_loss"],
            "dev_micro avg_f1-score": ["val_micro_f1", "micro_f1", "val_f1", "f1-score", "val_f1-score"],
        }.get(name)
        if names:
            note(names[0], record.value, self.epoch, also=names[1:])


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
note("learning_rate", 0.1, optional=True)
found = trainer.train("out", learning_rate=0.1, mini_batch_size=60, max_epochs=5, plugins=[Noter()])
for name in (
    "test_score",
    "micro_f1",
    "macro_f1",
    "acc",
    "test_precision",
    "test_recall",
    "precision",
    "recall",
):
    note(name, found["test_score"], optional=True)
