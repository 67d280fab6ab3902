"""Draws the picture of a curve, at no price for the message where that fails."""

from __future__ import annotations

import logging

from ..core.messages import LARGEST_PICTURE, Picture
from ..i18n import size_text
from .curve import Curve
from .plots import Plot, draw, require_plots

_log = logging.getLogger(__name__)


class Artist:
    """Makes pictures of curves."""

    def __init__(self) -> None:
        """See that what draws is installed.

        Raises:
            MissingExtraError: it is not.
        """
        require_plots()

    def picture(self, curve: Curve, notes: list[str]) -> Picture | None:
        """Return the picture of ``curve``; None where it cannot be drawn or sent.

        Args:
            curve: what to draw.
            notes: takes what the receiver should know of that.
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
        # What draws is large and not ours: whatever it raises, the mail must go out.
        except Exception:
            _log.exception("the picture could not be drawn; the mail goes out without it")
            return None
        if len(png) > LARGEST_PICTURE:
            notes.append(curve.words.picture_too_large.format(limit=size_text(LARGEST_PICTURE)))
            return None
        return Picture(cid=curve.cid, png=png, alt=f"{curve.metric} {curve.line()}")
