"""Symptoms given as fields instead of words, and complaints as plain mappings and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any, get_args

from cauda.errors import UsageError
from cauda.relate.complaint import Complaint, Mention, SpokenSide, State, concepts
from cauda.relate.reading import NORMAL_MRC, WEAK_MRC, read

_SIDES: tuple[str, ...] = get_args(SpokenSide)
_STATES: tuple[str, ...] = get_args(State)


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One complaint or sign, by concepts of ``knowledge/lexicon.toml``.

    Parameters
    ----------
    site, quality : tuple of str
        Such as ``("outer_foot",)`` and ``("numb",)``.
    side : {"left", "right", "both", ""}
        The patient's; empty where it is not known.
    onset : tuple of str
        Among ``new``, ``sudden``, ``worse``, ``rapid``, ``long``, ``stable``.
    nocturnal : bool
    weakness : mapping
        Movement to strength out of 5, such as ``{"dorsiflexion": 3}``.
    reflex : mapping
        ``ankle_jerk`` or ``knee_jerk`` to ``"absent"``, ``"reduced"`` or ``"normal"``.
    provoking, relieving, history : tuple of str
        Such as ``("sit_worse",)``, ``("sit_relief",)``, ``("diabetes", "hip_surgery")``.
    denied : tuple of str
        Concepts that were asked and denied.
    """

    site: tuple[str, ...] = ()
    quality: tuple[str, ...] = ()
    side: SpokenSide = ""
    onset: tuple[str, ...] = ()
    nocturnal: bool = False
    weakness: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    reflex: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    provoking: tuple[str, ...] = ()
    relieving: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()


def complaint_of(symptoms: Iterable[Symptom]) -> Complaint:
    """The complaint that these symptoms make together.

    Raises
    ------
    UsageError
        If a field names no concept of the lexicon, or a value is not allowed.
    """
    return Complaint(mentions=tuple(m for s in symptoms for m in _mentions(s)))


def _mentions(symptom: Symptom) -> Iterator[Mention]:
    times = (*symptom.onset, "night") if symptom.nocturnal else symptom.onset
    for time in times:
        _known(time)
    base = Mention(concept="pain", side=_one_of(symptom.side, _SIDES), qualifiers=times)
    night = ("night",) if symptom.nocturnal else ()
    for id_ in (*symptom.site, *symptom.quality):
        yield replace(base, concept=_known(id_))
    for id_ in (*symptom.provoking, *symptom.relieving, *symptom.history, *night):
        yield Mention(concept=_known(id_))
    for id_ in symptom.denied:
        yield Mention(concept=_known(id_), state="denied")
    for movement, strength in symptom.weakness.items():
        yield from _strength(replace(base, concept=_known(movement)), strength)
    for reflex, finding in symptom.reflex.items():
        is_normal = _one_of(finding, ("absent", "reduced", "normal")) == "normal"
        yield replace(base, concept=_known(reflex), state="denied" if is_normal else "present")


def _strength(base: Mention, strength: int) -> Iterator[Mention]:
    if strength not in range(NORMAL_MRC + 1):
        msg = f"Strength is {strength!r}; give a whole number from 0 to {NORMAL_MRC} (MRC)."
        raise UsageError(msg)
    yield replace(base, state="present" if strength < NORMAL_MRC else "denied")
    if strength < NORMAL_MRC:
        yield replace(base, concept="mrc_low" if strength <= WEAK_MRC else "mrc_mild")


def _known(id_: str) -> str:
    if id_ not in concepts():
        msg = f"Unknown symptom {id_!r}; known are {', '.join(sorted(concepts()))}."
        raise UsageError(msg)
    return id_


def _one_of(value: str, allowed: tuple[str, ...]) -> Any:  # noqa: ANN401 - the literal it was
    if value not in allowed:
        msg = f"{value!r} is not allowed here; use one of {', '.join(map(repr, allowed))}."
        raise UsageError(msg)
    return value


def with_side(complaint: Complaint, side: SpokenSide) -> Complaint:
    """Give the complaint a side that was asked apart from its text.

    Raises
    ------
    UsageError
        If the text itself says another side.
    """
    _one_of(side, _SIDES)
    if not side:
        return complaint
    if complaint.side not in ("", side):
        msg = f"The complaint says {complaint.side}, but the side given is {side}; correct one."
        raise UsageError(msg)
    mentions = tuple(replace(m, side=side) if _takes_side(m) else m for m in complaint.mentions)
    return replace(complaint, mentions=mentions)


def _takes_side(mention: Mention) -> bool:
    kind = concepts()[mention.concept].text("kind")
    return mention.state == "present" and not mention.side and kind in ("symptom", "function")


def read_symptoms(text: str, side: SpokenSide = "") -> Mapping[str, Any]:
    """Read a complaint in plain English into the mapping that :func:`relate` takes.

    Raises
    ------
    UsageError
        If the text is too long, or says another side than ``side``.
    """
    return as_mapping(with_side(read(text), side))


def as_mapping(complaint: Complaint) -> Mapping[str, Any]:
    """The complaint as plain values, fit for JSON."""
    return {
        "text": complaint.text,
        "side": complaint.side,
        "mentions": [asdict(m) | {"name": m.name} for m in complaint.mentions],
        "unread": list(complaint.unread),
    }


def from_mapping(symptoms: Mapping[str, Any]) -> Complaint:
    """The complaint that a mapping describes.

    Parameters
    ----------
    symptoms : mapping
        Either what :func:`as_mapping` returns, or ``{"symptoms": [fields of Symptom, ...]}``, or
        ``{"text": ..., "side": ...}`` to be read.

    Raises
    ------
    UsageError
        If it is none of these, or names unknown concepts.
    """
    if "mentions" in symptoms:
        return Complaint(
            text=str(symptoms.get("text", "")),
            mentions=tuple(_mention(m) for m in symptoms["mentions"]),
            unread=tuple(symptoms.get("unread", ())),
        )
    if "symptoms" in symptoms:
        return complaint_of(_symptom(fields) for fields in symptoms["symptoms"])
    if "text" in symptoms:
        return with_side(read(str(symptoms["text"])), symptoms.get("side", ""))
    msg = f"Symptoms hold {sorted(symptoms)}; give 'text', 'symptoms' or 'mentions'."
    raise UsageError(msg)


def _symptom(fields: Mapping[str, Any]) -> Symptom:
    unknown = sorted(set(fields) - set(Symptom.__slots__))
    if unknown:
        msg = f"Unknown field {unknown[0]!r} of a symptom; use {', '.join(Symptom.__slots__)}."
        raise UsageError(msg)
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    return Symptom(**values)


def _mention(fields: Mapping[str, Any]) -> Mention:
    return Mention(
        concept=_known(str(fields.get("concept", ""))),
        side=_one_of(fields.get("side", ""), _SIDES),
        state=_one_of(fields.get("state", "present"), _STATES),
        qualifiers=tuple(fields.get("qualifiers", ())),
        phrase=str(fields.get("phrase", "")),
    )
