"""Draws the picture of a curve; a failure never costs the message."""

from __future__ import annotations

import logging

from ..core.messages import LARGEST_PICTURE, Picture
from ..i18n import size_text
from .curve import Curve
from .plots import Plot, draw, require_plots

_log = logging.getLogger(__name__)


class CurveDrawer:
    """Draws the pictures of curves.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """

    def __init__(self) -> None:
        require_plots()

    def picture(self, curve: Curve, notes: list[str]) -> Picture | None:
        """Return the picture of ``curve``; None when it cannot be drawn or sent.

        Args:
            curve: the curve.
            notes: receives a note when the picture is too large.
        """
        plot = Plot(
            points=curve.points,
            title=curve.metric,
            threshold=curve.alert.threshold,
            best=curve.best,
            this=curve.this,
        )
        try:
            png = draw(plot)
        # Matplotlib is large and foreign: whatever it raises, the mail must go out.
        except Exception:
            _log.exception("the picture could not be drawn; the mail goes out without it")
            return None
        if len(png) > LARGEST_PICTURE:
            notes.append(curve.words.picture_too_large.format(limit=size_text(LARGEST_PICTURE)))
            return None
        return Picture(cid=curve.cid, png=png, alt=f"{curve.metric} {curve.line()}")
