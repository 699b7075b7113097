"""More companion-free data from one sequence: when reversed angles may be used, and blocks of frames."""

from dataclasses import replace
from typing import Literal

import numpy as np

from algozoo.sequence import ADISequence

SHORTEST_ARC = 3.0
"""FWHM along which the flipped twin must smear a companion, so that it does not look like one."""

FRAME_FRACTION = 0.8

FrameBlock = Literal["first", "middle", "last"]
FRAME_BLOCKS: tuple[FrameBlock, ...] = ("first", "middle", "last")


def flip_arc(sequence: ADISequence, separation: float) -> float:
    """Return the arc along which the flipped twin smears a companion, in units of the FWHM.

    Its frames are turned the wrong way, so that the companion sweeps twice the field rotation.

    Parameters
    ----------
    sequence : ADISequence
    separation : float
        FWHM.
    """
    return float(2 * np.deg2rad(sequence.field_rotation) * separation)


def flip_refusal(sequence: ADISequence, inner: float) -> str | None:
    """Tell why the flipped twin of a sequence is no null, or None if it is one.

    Parameters
    ----------
    sequence : ADISequence
    inner : float
        Inner edge of the field that is scored, in FWHM: the arc is shortest there.

    Returns
    -------
    str or None
        The reason, for a person to read.
    """
    arc = flip_arc(sequence, inner)
    if arc >= SHORTEST_ARC:
        return None
    rotation = sequence.field_rotation
    remedy = f"; it is one from {SHORTEST_ARC * inner / arc:.2f} FWHM on" if arc else ""
    return (
        f"reversed angles make no null of {sequence.name}: the field turned by {rotation:.1f} deg only, so that a "
        f"companion at the inner edge of the field, {inner:g} FWHM, is smeared along {arc:.1f} FWHM, where at least "
        f"{SHORTEST_ARC:g} are needed to dissolve it{remedy}"
    )


def frame_block(sequence: ADISequence, block: FrameBlock) -> ADISequence:
    """Return 80 % of the frames of a sequence, without a gap: its first, middle or last ones.

    Blocks share at least 60 % of the frames: maps made of them are correlated, and so are their false alarms.
    `meta['frame_block']` says which block it is.

    Parameters
    ----------
    sequence : ADISequence
    block : {'first', 'middle', 'last'}
    """
    length = max(round(FRAME_FRACTION * sequence.n_frames), 1)
    start = {"first": 0, "middle": (sequence.n_frames - length) // 2, "last": sequence.n_frames - length}[block]
    frames = slice(start, start + length)
    return replace(
        sequence,
        cube=sequence.cube[..., frames, :, :],
        parallactic_angles=sequence.parallactic_angles[frames],
        name=f"{sequence.name}/{block}",
        meta={**sequence.meta, "frame_block": block},
    )
