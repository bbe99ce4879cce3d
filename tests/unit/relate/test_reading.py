"""What the reader may and may not take from words: denials, sides, time, and nothing else."""

from __future__ import annotations

import random
import re
import string

import pytest

from cauda.errors import UsageError
from cauda.knowledge import rows
from cauda.relate import explain_symptom, read
from cauda.relate.phrases import FIELDS, families
from cauda.relate.reading import MAX_CHARACTERS

OTHER = {"left": "right", "right": "left", "both": "both", "": ""}


def states(text: str) -> dict[str, str]:
    return {m.concept: m.state for m in read(text).mentions}


@pytest.mark.parametrize(
    ("text", "concept", "state"),
    [
        ("no numbness", "numb", "denied"),
        ("numbness", "numb", "present"),
        ("no back pain, numb foot", "numb", "present"),
        ("no fever, chills or weight loss", "weight_loss", "denied"),
        ("no fever, numb and weak legs", "weakness", "present"),
        ("no fever, numb and weak legs", "numb", "present"),
        ("denies fever, incontinence, or weakness", "weakness", "denied"),
        ("denies fever, incontinence, or weakness", "bladder", "denied"),
        ("not weak but numb", "numb", "present"),
        ("not weak but numb", "weakness", "denied"),
        ("I can't feel my bladder", "bladder", "present"),
        ("bladder works normally", "bladder", "denied"),
        ("bladder is not normal", "bladder", "present"),
        ("bladder, bowel and saddle sensation are normal", "bladder", "denied"),
        ("incontinent, reflexes normal", "bladder", "present"),
        ("incontinence and normal reflexes", "bladder", "present"),
        ("any incontinence? no", "bladder", "denied"),
        ("incontinence: none", "bladder", "denied"),
        ("ankle jerk absent", "ankle_jerk", "present"),
        ("ankle jerk normal", "ankle_jerk", "denied"),
        ("ankle jerk not reduced", "ankle_jerk", "denied"),
        ("no ankle jerk", "ankle_jerk", "present"),
        ("ankle jerk", "ankle_jerk", "unclear"),
        ("great toe extension 4/5", "great_toe_extension", "present"),
        ("great toe extension 5/5", "great_toe_extension", "denied"),
        ("eversion 3/5", "mrc_low", "present"),
        ("eversion 4/5", "mrc_mild", "present"),
        ("the left leg isn't numb", "numb", "denied"),
        ("I have never had cancer", "cancer", "denied"),
    ],
)
def test_denials_reach_what_they_deny_and_no_further(text: str, concept: str, state: str) -> None:
    assert states(text)[concept] == state


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("numb left foot", "left"),
        ("numb foot on the right", "right"),
        ("right-sided sciatica", "right"),
        ("both feet are numb", "both"),
        ("both of my legs ache", "both"),
        ("bilateral leg pain", "both"),
        ("both pain and numbness in the left foot", "left"),
        ("both numb and cold", ""),
        ("pain right down the leg", ""),
        ("it hurts right away", ""),
        ("I left work because of a numb foot", ""),
        ("she left the hospital, foot still numb", ""),
        ("I was right, the foot is numb", ""),
        ("has left leg pain", "left"),
        ("numb right foot, not the left", "right"),
        ("weaker than the left: right foot", "right"),
        ("the right leg is affected, the left leg isn't", "right"),
        ("left heel pain and right knee pain", "both"),
        ("no pain in the left foot", ""),
        ("neither leg is weak", ""),
        ("numb toes, left", "left"),
        ("cannot lift either foot", "both"),
        ("numb feet", ""),
        ("tingling toes at night", ""),
    ],
)
def test_a_side_is_only_one_that_was_said(text: str, side: str) -> None:
    assert read(text).side == side


@pytest.mark.parametrize(
    ("text", "concept", "settled"),
    [
        ("both feet numb for years", "numb", True),
        ("both feet numb, unchanged", "numb", True),
        ("both feet numb for years, now worse and spreading", "numb", False),
        ("back pain for years, both legs numb", "numb", False),
        ("leaking urine for years", "bladder", False),
        ("leaking urine for years, unchanged", "bladder", True),
        ("leaking urine, unchanged", "bladder", False),
        ("back pain for years unchanged, cannot pass urine", "bladder", False),
        ("fever two years ago", "fever", True),
        ("fever", "fever", False),
        ("foot drop for 12 years", "foot_drop", True),
        ("72 year old with incontinence", "bladder", False),
    ],
)
def test_only_what_is_of_old_is_settled(text: str, concept: str, settled: bool) -> None:
    (mention,) = [m for m in read(text).mentions if m.concept == concept]
    assert mention.is_settled is settled


@pytest.mark.parametrize(
    ("text", "concept", "state"),
    [
        ("My father had loss of bladder control. My toes tingle.", "bladder", "other"),
        ("my father had loss of bladder control", "bladder", "other"),
        ("Family history of cancer. Numb toes.", "cancer", "other"),
        ("Sister wears a catheter, my own foot is numb", "bladder", "other"),
        ("Sister wears a catheter, my own foot is numb", "numb", "present"),
        ("like my father I have numb feet", "numb", "present"),
        ("My husband can't pee and his legs are weak", "bladder", "present"),
        ("My wife noticed that my foot drops, I have a sore back", "foot_drop", "present"),
        ("My dad cannot pee since this morning. My back hurts too.", "bladder", "present"),
    ],
)
def test_what_was_said_of_a_relative_is_not_the_patients(text, concept, state) -> None:
    assert states(text)[concept] == state


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("L leg pain", "left"),
        ("pain in (R) foot", "right"),
        ("b/l leg weakness", "both"),
        ("bilat sciatica", "both"),
        ("numb Rt foot", "right"),
        ("L=R leg pain", "both"),
        ("L4/5 disc, foot pain", ""),
        ("my legs r numb", ""),
        ("pain in the LLD", ""),
    ],
)
def test_a_letter_is_a_side_only_beside_a_limb(text: str, side: str) -> None:
    assert read(text).side == side


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("weaknes of the foot", (("weaknes", "weakness"),)),
        ("urinary incontinance", (("incontinance", "incontinence"),)),
        ("a bowl of soup on the sofa", ()),
        ("cancel the number", ()),
    ],
)
def test_only_long_listed_words_are_respelled_and_that_is_shown(text, pairs) -> None:
    assert read(text).respelled == pairs


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("I sat on the loo reading", "unclear"),
        ("no wee since Monday", "present"),
        ("no trouble weeing", "denied"),
        ("peeing is normal", "denied"),
    ],
)
def test_an_everyday_word_counts_only_where_something_is_amiss(text: str, state: str) -> None:
    assert states(text)["bladder"] == state


def test_what_may_speak_of_an_emergency_and_was_not_understood_is_named() -> None:
    first = explain_symptom(read("I sat on the loo reading")).red_flags[0]
    assert first.triggers == ()
    assert first.answered == 'not understood: "loo" may speak of this; not asked'


def test_every_mention_shows_its_words_and_unread_words_are_listed() -> None:
    complaint = read("My left heel tingles when the zeppelin passes")
    assert complaint.unread == ("zeppelin", "passes")
    for mention in complaint.mentions:
        assert mention.phrase
        assert mention.phrase in complaint.text.lower()


def test_nothing_is_guessed_from_unknown_words() -> None:
    complaint = read("qwyjibo flurble snark")
    assert (complaint.mentions, complaint.side) == ((), "")
    assert complaint.unread == ("qwyjibo", "flurble", "snark")


def test_a_text_too_long_is_refused_not_cut() -> None:
    with pytest.raises(UsageError, match="5001 characters"):
        read("a" * (MAX_CHARACTERS + 1))


def example(phrase: str) -> str:
    first = re.sub(r"\{(\w+)\}", lambda found: families()[found[1]][0], phrase)
    return first.replace(" ~ ", " the ").replace("*", "").replace("#", "5")


@pytest.mark.parametrize("concept", rows("lexicon.toml", "concepts"), ids=lambda c: c.id)
def test_every_phrase_of_the_lexicon_is_read_as_its_own_concept(concept) -> None:
    for phrase in [p for field in FIELDS for p in concept.texts(field)]:
        text = example(phrase)
        if concept.text("kind") == "time":
            assert read(f"{text} numb").mentions, phrase
        else:
            assert concept.id in states(text), phrase


WORDS = [
    word
    for concept in rows("lexicon.toml", "concepts")
    for phrase in concept.texts("phrases")
    for word in example(phrase).split()
    if word not in ("left", "right", "both", "bilateral", "either", "each")
]
NOISE = string.ascii_letters + string.digits + " .,;:!?'\"-/()\n\t\\%&#äßéあ😀\x00"


SIDE_WORDS = re.compile(
    r"left|right|both|bilat|each|\b(?:b/l|bl|bi|bil|ble|[lr]le|[lr]t?)\b", flags=re.IGNORECASE
)


def random_text(rng: random.Random, kind: int) -> str:
    if kind == 0:
        return "".join(rng.choices(NOISE, k=rng.randrange(0, 200)))
    words = rng.choices([*WORDS, "no", "not", "or", "and", ",", ".", "but"], k=rng.randrange(1, 25))
    return " ".join(words)


def fuzz(count: int) -> None:
    rng = random.Random(20261121)
    for i in range(count):
        text = random_text(rng, i % 2)
        complaint = read(text)
        said = {found.lower() for found in SIDE_WORDS.findall(text)}
        if not said:
            assert complaint.side == "", text
        if complaint.side in ("left", "right"):
            assert said & {complaint.side, complaint.side[0], f"{complaint.side[0]}t"}, text


def test_random_strings_neither_crash_nor_invent_a_side() -> None:
    fuzz(300)


@pytest.mark.slow
def test_ten_thousand_random_strings_neither_crash_nor_invent_a_side() -> None:
    fuzz(10_000)
