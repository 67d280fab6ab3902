"""The READMEs are true: their code runs, the translation says the same, pictures and links exist."""

from __future__ import annotations

import re

import pytest
from code_blocks import GUIDES, PACKAGE, READMES, ROOT, blocks_of, same_code

from auto_model_monitor import DefaultParser

RAW = "https://raw.githubusercontent.com/Knighthood2001/auto_model_monitor/main/"
BLOB = "https://github.com/Knighthood2001/auto_model_monitor/blob/main/"
ENGLISH, CHINESE = READMES


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_pictures_and_links_exist(readme):
    """Pictures and links are absolute, as a package index needs them, and lead to files of the repository."""
    text = readme.read_text("utf-8")
    pictures = re.findall(r'<img [^>]*src="([^"]+)"', text) + re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert pictures
    for address in pictures:
        assert address.startswith(RAW), address
        if (ROOT / "img").is_dir():
            assert (ROOT / address.removeprefix(RAW)).is_file(), address
    for address in re.findall(r"\]\(([^)]+)\)", text):
        assert address.startswith("https://"), address
        if address.startswith(BLOB):
            path = address.removeprefix(BLOB)
            inside = path.startswith("auto_model_monitor/")
            assert ((PACKAGE.parent if inside else ROOT) / path).is_file(), address


def test_the_readme_is_short():
    """The English README has at most 1,100 words, code included."""
    assert len(ENGLISH.read_text("utf-8").split()) <= 1100


def test_the_readme_links_every_guide():
    """Each README links every guide in its own language."""
    for readme, language in zip(READMES, (0, 1), strict=True):
        text = readme.read_text("utf-8")
        for guide in GUIDES:
            assert f"{BLOB}auto_model_monitor/docs/{guide[language].name}" in text


def test_the_translation_says_the_same():
    """Both READMEs have the same sections, tables and pictures, and the same code but for texts."""
    english, chinese = (readme.read_text("utf-8") for readme in READMES)
    for mark in ("\n## ", "\n|", "\n- ", "<img ", "\n**"):
        assert english.count(mark) == chinese.count(mark), mark
    assert same_code(blocks_of(ENGLISH), blocks_of(CHINESE))


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_two_commands_can_be_copied(readme):
    """One command of a clone runs the demo, one installs and passes the tests."""
    commands = "\n".join(block.code for block in blocks_of(readme, "bash")).splitlines()
    assert "pip install . && auto-model-monitor demo" in commands
    assert 'pip install -e ".[test]" && python -m pytest' in commands


def test_ci_runs_the_test_command_of_the_readme():
    """Every change is checked with the command that the README names."""
    script = ROOT / ".ci" / "run"
    if not script.exists():
        pytest.skip("only in the repository")
    assert 'pip install -e ".[test]" && python -m pytest' in script.read_text(encoding="utf-8")


def test_names_of_frameworks_are_read():
    """The names that the README proposes for Lightning, Keras and PyTorch yield the validation loss."""
    text = ENGLISH.read_text("utf-8")
    for template, name in {
        '"{epoch}-{val_loss:.4f}"': "epoch=2-val_loss=0.0030.ckpt",
        '"checkpoints/{epoch:02d}-val_loss={val_loss:.4f}.keras"': "02-val_loss=0.0030.keras",
        'f"checkpoints/epoch_{epoch}_val_loss_{val_loss:.4f}.pt"': "epoch_2_val_loss_0.0030.pt",
    }.items():
        assert template in text
        assert DefaultParser("val_loss").parse(name) == (0.003, name)


def test_the_change_log_knows_this_version():
    """The change log has the version that is installed, and the versions that were published before."""
    from importlib.metadata import version

    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    for number in (version("auto-model-monitor"), "0.2.2", "0.2.1", "0.2.0", "0.1.2", "0.1.1", "0.1.0"):
        assert re.search(rf"^## .*{re.escape(number)}", changes, re.M), number
