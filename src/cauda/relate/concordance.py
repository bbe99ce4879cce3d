"""Hold what was complained of against what was found, clue by clue and side by side.

No grade or tier ever changes because a symptom matches, and nothing is "explained by" a finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cauda.knowledge import Row, row, rows
from cauda.records import RootLink
from cauda.relate.clues import witnesses
from cauda.relate.complaint import Complaint, Mention
from cauda.relate.reach import SIDES, neighbors, passing_roots
from cauda.vocab import Root, Side

Verdict = Literal["compatible", "atypical", "discordant", "no_match"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concordance:
    """How one clue of the complaint fits the findings on one side.

    Parameters
    ----------
    clue : str
        What was read, in words.
    side : str
        ``"left"``, ``"right"``, or empty where no side was said.
    verdict : {"compatible", "atypical", "discordant", "no_match"}
    text : str
        The verdict in its fixed words, with root, side, tier and level where there is a finding.
    because : tuple of str
        Ids of the findings.
    """

    clue: str
    side: str
    verdict: Verdict
    text: str
    because: tuple[str, ...] = ()


def concordance(complaint: Complaint, links: Sequence[RootLink]) -> tuple[Concordance, ...]:
    """One entry for each clue that points to roots, and each side on which it was said."""
    found = []
    for clue in rows("symptoms.toml", "clues"):
        said = witnesses(clue, complaint) if clue.values.get("maps") else ()
        found += [_held_against(clue, side, links) for side in _sides(said)] if said else []
    return tuple(found)


def unmatched(found: Sequence[Concordance], links: Sequence[RootLink]) -> tuple[str, ...]:
    """Findings that reach the foot and to which nothing in the complaint was compatible."""
    matched = {id_ for c in found if c.verdict == "compatible" for id_ in c.because}
    text = row("relate_wording.toml", "wording", "unmatched").text("text")
    return tuple(
        text.format(link=_named(link)) for link in links if not matched & set(link.because)
    )


def _sides(said: Sequence[Mention]) -> tuple[Side | None, ...]:
    spoken = {m.side for m in said if m.side}
    if "both" in spoken:
        return SIDES
    return tuple(s for s in SIDES if s.value in spoken) or (None,)


def _held_against(clue: Row, side: Side | None, links: Sequence[RootLink]) -> Concordance:
    roots = _roots(clue.weights("weights"))
    verdict, link = _verdict(roots, side, links)
    words = row("relate_wording.toml", "wording", verdict).text("text")
    if link:
        words = f"{words} {_named(link)}" if verdict == "compatible" else f"{words}; {_named(link)}"
    if link and side is None:
        words += "; side of the complaint not stated"
    return Concordance(
        clue=clue.text("says"),
        side=side.value if side else "",
        verdict=verdict,
        text=words,
        because=link.because if link else (),
    )


def _roots(weights: Mapping[str, float]) -> tuple[Root, ...]:
    """Roots the clue points to: those with the highest weight."""
    weighed = {root: weights[root] for root in Root if weights.get(root, 0.0) > 0}
    most = max(weighed.values(), default=0.0)
    return tuple(root for root, weight in weighed.items() if weight == most)


def _verdict(
    roots: tuple[Root, ...], side: Side | None, links: Sequence[RootLink]
) -> tuple[Verdict, RootLink | None]:
    here = [k for k in links if side is None or k.side is side]
    there = [k for k in links if side is not None and k.side is not side]
    near = {n for root in roots for n in neighbors(root)}
    ordered: tuple[tuple[Verdict, list[RootLink]], ...] = (
        ("compatible", [k for k in here if _reaches(k, roots)]),
        ("atypical", [k for k in here if k.root in near]),
        ("discordant", [k for k in there if _reaches(k, roots)]),
    )
    for verdict, fitting in ordered:
        if fitting:
            return verdict, fitting[0]
    return "no_match", None


def _reaches(link: RootLink, roots: tuple[Root, ...]) -> bool:
    """Whether the link is to one of the roots, or to the cauda at a level which they pass."""
    if link.root in roots:
        return True
    if link.root is not Root.CAUDA or link.level is None:
        return False
    passing = passing_roots(link.level)
    return any(root in passing for root in roots)


def _named(link: RootLink) -> str:
    where = f" at {link.level}" if link.level else ""
    return f"{link.root} {link.side}{where} (tier: {link.tier_text})"
