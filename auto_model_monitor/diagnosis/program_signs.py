"""Signs of the program and its environment: modules, versions, options, processes; and any other exception."""

from __future__ import annotations

from .cause_sign import CauseSign, Place, signs

PROGRAM_SIGNS: tuple[CauseSign, ...] = (
    *signs(
        Place.FAULT,
        "missing_module",
        ("no module named", r"(?:ModuleNotFoundError|ImportError): No module named '?(?P<module>[\w.]+)"),
        ("command not found", r"(?P<module>[\w./-]+): command not found"),
        ("not found in your environment", r"(?:not|were not) found in your environment"),
    ),
    *signs(
        Place.FAULT,
        "version_conflict",
        ("undefined symbol", r"undefined symbol"),
        ("glibc", r"version `?(?P<module>GLIBC(?:XX)?_[\d.]+)'? not found"),
        ("compiled using numpy", r"compiled using NumPy 1"),
        ("size changed", r"numpy\.(?:dtype|ndarray) size changed"),
        ("weights only load failed", r"Weights only load failed"),
        ("cannot import name", r"cannot import name '(?P<module>\w+)' from"),
    ),
    *signs(
        Place.FAULT,
        "multiprocessing",
        ("bootstrapping phase", r"finished its bootstrapping phase"),
        ("forked subprocess", r"(?i)Cannot re-initialize \w+ in forked subprocess"),
        ("pickle", r"(?i)can(?:'t|not) pickle|PicklingError"),
        ("can't get", r"Can't get (?:attribute|local object)"),
        ("daemonic processes", r"daemonic processes are not allowed to have children"),
        ("context has already been set", r"context has already been set"),
    ),
    *signs(
        Place.FAULT,
        "config",
        (
            "error: ",
            r"^[\w./-]+: error: (?:unrecognized|the following arguments|argument|one of|invalid|ambiguous)",
        ),
        ("could not override", r"Could not override '(?P<option>[^']+)'"),
        ("not in struct", r"Key '(?P<option>\w+)' is not in struct"),
        ("omegaconf", r"omegaconf\.errors\.\w+"),
        ("yaml.", r"^yaml\.(?:scanner|parser|constructor|composer|reader)\.\w+"),
        ("registry", r"is not in the \S* ?(?:model|dataset|transform)?s? ?registry"),
    ),
    *signs(Place.EXCEPTION, "code_error", ("", r"^\w")),
)
