"""Names that look like those of checkpoints, whether or not they hold a score."""

from __future__ import annotations

from ..core.numbers import compiled

_WEIGHTS = (
    r"(?i).*\.(?:pt|pth|ckpt|chkpt|h5|hdf5|keras|safetensors|bin|pkl|pickle|joblib|onnx|npz|tar|tgz|zip|nemo|"
    r"pdparams|pdopt|mindir|model|cbm|ubj|bst|params|msgpack|gguf|mar|weights|index|pb|tflite|engine)"
)
_FOLDER = (
    r"(?i)(?:(?:tmp-)?checkpoints?|ckpts?|weights?|models?|snapshots?|epoch|ep|step|iter|global_?step|best|last|"
    r"latest|final)(?:[-_=. ]?(?:[0-9]|best|last|latest|final|epoch|step|model).*)?"
)
_OF_NO_SCORE = (
    r"(?i)(?:last|latest|best|final|init|initial|model|weights?|checkpoint|ckpt|optimizer|scheduler)"
)
_OTHER = (
    r"(?i).*\.(?:py|pyc|ipynb|sh|ya?ml|json|jsonl|toml|ini|cfg|conf|txt|md|log|out|err|csv|tsv|png|jpe?g|gif|svg|"
    r"pdf|html|mp4|lock|gz|parquet|npy|db|sqlite|diff|patch|wandb|code-workspace)|.*tfevents.*|README.*"
)


def resembles_checkpoint(name: str) -> bool:
    """Return whether a file or folder of that name is likely a checkpoint."""
    last = name.rpartition("/")[2]
    return bool(compiled(_WEIGHTS).fullmatch(last) or compiled(_FOLDER).fullmatch(last))


def stands_beside_others(name: str) -> bool:
    """Return whether a name such as ``last.ckpt`` holds no score even where all others do."""
    last = name.rpartition("/")[2]
    return bool(compiled(_OF_NO_SCORE).fullmatch(last.partition(".")[0]))


def is_of_another_kind(name: str) -> bool:
    """Return whether a file or folder of that name is no checkpoint, such as code, settings and logs."""
    last = name.rpartition("/")[2]
    return bool(compiled(_OTHER).fullmatch(last)) and not resembles_checkpoint(name)
