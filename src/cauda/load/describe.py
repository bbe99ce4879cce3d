"""Plane and contrast of a stack, each with the reason; timing decides, description comes last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauda.knowledge import Row, row
from cauda.load.facts import Facts, says
from cauda.vocab import Contrast, Plane


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighting:
    """What a series' contrast was found to be.

    Parameters
    ----------
    contrast : Contrast
    because : str
        Phrase that completes "... because".
    fat_suppressed : bool
    warning : str
        Empty unless the description contradicts the timing.
    is_open : bool
        Whether neither header nor description decided, so that other evidence may.
    """

    contrast: Contrast
    because: str
    fat_suppressed: bool = False
    warning: str = ""
    is_open: bool = False


def plane_of(normal_lps: NDArray[np.float64]) -> Plane:
    """Return the anatomical plane nearest to slices with this normal.

    Nearer to coronal than to axial is still axial where the slice leans forward as L5-S1 does
    (``series.toml [tilt]``): its upward normal points to the front.
    """
    x, y, z = (float(v) for v in normal_lps)
    if z < 0:
        x, y, z = -x, -y, -z
    if abs(x) >= max(abs(y), z):
        return Plane.SAGITTAL
    if z >= abs(y):
        return Plane.AXIAL
    lean_deg = float(np.degrees(np.arccos(min(1.0, z))))
    limit_deg = row("series.toml", "tilt", "axial").number("forward_max")
    return Plane.AXIAL if y < 0 and lean_deg <= limit_deg else Plane.CORONAL


def weighting_of(facts: Facts) -> Weighting:
    """Tell T1, T2 and fat-suppressed (STIR) apart: TI, sequence, TE and TR, then description."""
    said = said_contrast(facts.words)
    timed = _by_inversion(facts) or _by_echo(facts)
    if timed is None:
        return _by_words(facts, said)
    contrast, because = timed
    suppressed = facts.fat_saturated or contrast is Contrast.STIR
    if contrast is Contrast.T2 and facts.fat_saturated:
        contrast = Contrast.STIR
        because += " and fat is saturated, so it is kept with STIR as fat-suppressed"
    contradicts = said not in (Contrast.UNKNOWN, contrast) and not (
        said is Contrast.T2 and contrast is Contrast.STIR
    )
    warning = f"The description says {said}; the timing, which decides, says {contrast}."
    return Weighting(
        contrast=contrast,
        because=because,
        fat_suppressed=suppressed,
        warning=warning if contradicts else "",
    )


def has_agent(facts: Facts) -> bool:
    """Whether header or description says that a contrast agent was given."""
    said = says(facts.words, "contrast_agent") and not says(facts.words, "no_contrast_agent")
    return facts.agent_in_header or bool(said)


def reason_of(plane: Plane, weighting: Weighting) -> str:
    """One full sentence: how plane and contrast were told."""
    name = "Contrast unknown" if weighting.contrast is Contrast.UNKNOWN else weighting.contrast
    return (
        f"{plane.capitalize()} by the direction of its slices; {name} because {weighting.because}."
    )


def said_contrast(words: frozenset[str]) -> Contrast:
    """Return the contrast that free text names; UNKNOWN for none, or for T1 and T2 at once."""
    if says(words, "stir"):
        return Contrast.STIR
    t1, t2 = bool(says(words, "t1")), bool(says(words, "t2"))
    if t1 == t2:
        return Contrast.UNKNOWN
    if t2 and says(words, "fat_suppressed"):
        return Contrast.STIR
    return Contrast.T1 if t1 else Contrast.T2


def _by_inversion(facts: Facts) -> tuple[Contrast, str] | None:
    if "IR" not in facts.sequence and facts.inversion_ms is None:
        return None
    echo, repetition, inversion = facts.echo_ms, facts.repetition_ms, facts.inversion_ms
    if inversion is None:
        bare = _limits("stir_without_ti")
        if echo is not None and repetition is not None and _is_over(bare, echo, repetition):
            return Contrast.STIR, (
                f"it is inversion recovery without a stated TI, at TE {echo:g} and TR "
                f"{repetition:g} ms"
            )
        return None
    short, long = _limits("stir"), _limits("t1_inversion")
    if short.number("ti_min") <= inversion <= short.number("ti_max"):
        return Contrast.STIR, f"its inversion time of {inversion:g} ms nulls fat"
    is_long = long.number("ti_min") <= inversion <= long.number("ti_max")
    if is_long and echo is not None and echo <= long.number("te_max"):
        return Contrast.T1, f"its TI of {inversion:g} ms and TE of {echo:g} ms weight by T1"
    return Contrast.UNKNOWN, f"its inversion time of {inversion:g} ms fits no known contrast"


def _by_echo(facts: Facts) -> tuple[Contrast, str] | None:
    echo, repetition = facts.echo_ms, facts.repetition_ms
    if not echo or not repetition:
        return None
    timing = f"TE is {echo:g} and TR {repetition:g} ms"
    if "GR" in facts.sequence or "EP" in facts.sequence:
        spoiled = "SP" in facts.variant and _is_under(_limits("gradient_t1"), echo, repetition)
        if spoiled:
            return Contrast.T1, f"it is a spoiled gradient echo and {timing}"
        return Contrast.UNKNOWN, f"it is a gradient echo, which no grade rests on; {timing}"
    return _by_spin_echo(echo, repetition, timing)


def _by_spin_echo(echo_ms: float, repetition_ms: float, timing: str) -> tuple[Contrast, str] | None:
    if _is_under(_limits("t1"), echo_ms, repetition_ms):
        return Contrast.T1, timing
    if _is_over(_limits("t2"), echo_ms, repetition_ms):
        return Contrast.T2, timing
    density = _limits("proton_density")
    if echo_ms < density.number("te_max") and repetition_ms > density.number("tr_min"):
        return Contrast.UNKNOWN, f"{timing}, which weights by proton density"
    return None


def _by_words(facts: Facts, said: Contrast) -> Weighting:
    missing = facts.echo_ms is None or facts.repetition_ms is None
    why = "TE or TR is missing" if missing else "TE and TR decide nothing"
    if said is Contrast.UNKNOWN:
        because = f"{why} and no word of the description tells"
        return Weighting(
            contrast=said,
            because=because,
            fat_suppressed=facts.fat_saturated,
            is_open=True,
        )
    if said is Contrast.T2 and facts.fat_saturated:
        said = Contrast.STIR
    suppressed = facts.fat_saturated or bool(says(facts.words, "fat_suppressed"))
    return Weighting(
        contrast=said,
        because=f"{why} and the description names it",
        fat_suppressed=suppressed or said is Contrast.STIR,
    )


def _limits(id_: str) -> Row:
    return row("series.toml", "timing", id_)


def _is_under(limits: Row, echo_ms: float, repetition_ms: float) -> bool:
    return echo_ms <= limits.number("te_max") and repetition_ms <= limits.number("tr_max")


def _is_over(limits: Row, echo_ms: float, repetition_ms: float) -> bool:
    return echo_ms >= limits.number("te_min") and repetition_ms >= limits.number("tr_min")
