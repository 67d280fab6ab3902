"""Callbacks of training frameworks: each is imported, and its framework with it, when it is first used."""

from ..core.lazy import lazy_names

TYPE_CHECKING = False  # a type checker takes this for true; importing typing would cost more than all else
if TYPE_CHECKING:
    from .catboost_callback import CatBoostCallback
    from .fastai_callback import FastaiCallback
    from .huggingface_callback import HuggingFaceCallback
    from .ignite_handler import IgniteHandler
    from .keras_callback import KerasCallback
    from .lightgbm_callback import LightGBMCallback
    from .lightning_callback import LightningCallback
    from .mmengine_hook import MMEngineHook
    from .ultralytics_callbacks import UltralyticsCallbacks
    from .xgboost_callback import XGBoostCallback

__all__ = [
    "CatBoostCallback",
    "FastaiCallback",
    "HuggingFaceCallback",
    "IgniteHandler",
    "KerasCallback",
    "LightGBMCallback",
    "LightningCallback",
    "MMEngineHook",
    "UltralyticsCallbacks",
    "XGBoostCallback",
]

_import, __dir__ = lazy_names(
    __name__,
    {
        "CatBoostCallback": "catboost_callback",
        "FastaiCallback": "fastai_callback",
        "HuggingFaceCallback": "huggingface_callback",
        "IgniteHandler": "ignite_handler",
        "KerasCallback": "keras_callback",
        "LightGBMCallback": "lightgbm_callback",
        "LightningCallback": "lightning_callback",
        "MMEngineHook": "mmengine_hook",
        "UltralyticsCallbacks": "ultralytics_callbacks",
        "XGBoostCallback": "xgboost_callback",
    },
)


def __getattr__(name: str) -> object:
    """Import a callback, and its framework with it."""
    try:
        return _import(name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(__name__.partition(".")[0]):
            raise
        from ..core.errors import MissingExtraError

        text = f"{name}: this needs the package {error.name!r}: install the framework whose callback it is"
        raise MissingExtraError(text) from None
