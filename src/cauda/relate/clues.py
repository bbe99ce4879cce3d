"""The language of the knowledge base's conditions on a complaint.

An item such as ``"numb@both|tingling@both"`` holds where any of its alternatives does. Each is a
concept, or a group of concepts, with

- ``@both``, ``@left``, ``@right``: said of that side;
- ``@new``, ``@long``, ...: said with that qualifier;
- ``!`` in front: denied, or said to be normal.

Settled red-flag states are left out, and for red flags every settled mention (see
:attr:`~cauda.relate.complaint.Mention.is_settled`); ``=`` in front counts them all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from cauda.knowledge import Row
from cauda.relate.complaint import Complaint, Mention, concepts, groups

SIDE_TAGS = ("both", "left", "right")


def witnesses(rule: Row, complaint: Complaint, *, live_only: bool = False) -> tuple[Mention, ...]:
    """Mentions by which a rule's ``when`` holds; empty where it, or its ``unless``, does not.

    Parameters
    ----------
    rule : Row
        With ``when`` (all items must hold) and, at will, ``unless`` (none may hold).
    complaint : Complaint
    live_only : bool
        Leave out what is settled: for red flags.
    """
    if any(any(_matching(item, complaint, live_only)) for item in rule.texts("unless")):
        return ()
    found = [tuple(_matching(item, complaint, live_only)) for item in rule.texts("when")]
    if not all(found):
        return ()
    return tuple(dict.fromkeys(m for group in found for m in group))


def _matching(item: str, complaint: Complaint, live_only: bool) -> Iterator[Mention]:
    for alternative in item.split("|"):
        name, *tags = alternative.lstrip("!=").split("@")
        wanted = "denied" if alternative.startswith("!") else "present"
        counts_settled = alternative[0] in "!="
        ids = named(name)
        for mention in complaint.mentions:
            if mention.concept not in ids or mention.state != wanted or not _fits(mention, tags):
                continue
            is_over = (live_only or mention.is_alarm) and mention.is_settled
            if counts_settled or not is_over:
                yield mention


def named(name: str) -> tuple[str, ...]:
    """The concepts a name in a condition stands for; empty for an unknown name."""
    return groups().get(name, (name,) if name in concepts() else ())


def _fits(mention: Mention, tags: list[str]) -> bool:
    return all(
        mention.side == tag if tag in SIDE_TAGS else tag in mention.qualifiers for tag in tags
    )
