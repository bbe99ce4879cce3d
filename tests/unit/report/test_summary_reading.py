from __future__ import annotations

import pytest

from cauda.report.summary_reading import reading_grade, syllables


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("foot", 1),
        ("toes", 1),
        ("side", 1),
        ("nerve", 1),
        ("linked", 1),
        ("needed", 2),
        ("little", 2),
        ("doctor", 2),
        ("possible", 3),
        ("finding", 2),
        ("emergency", 4),
        ("diagnosis", 4),
        ("symptoms", 2),
        ("pressed", 1),
        ("boxes", 2),
        ("L5-S1", 4),
        ("tail-bone", 2),
    ],
)
def test_syllables_of_known_words(word, count):
    assert syllables(word) == count


def test_the_grade_is_the_published_formula():
    # 6 words, 1 sentence, 6 syllables: 0.39 * 6 + 11.8 - 15.59
    assert reading_grade("The cat sat on the mat.") == pytest.approx(-1.45)


@pytest.mark.parametrize(
    ("plain", "hard"),
    [
        (
            "See a doctor today.",
            "Immediate neurosurgical consultation is recommended for such presentations.",
        ),
        (
            "The hole where a nerve leaves is tight.",
            "There is moderate foraminal stenosis with encroachment upon the exiting nerve root.",
        ),
    ],
)
def test_plain_words_ask_for_fewer_years(plain, hard):
    assert reading_grade(plain) < 5
    assert reading_grade(hard) > 10


def test_longer_sentences_ask_for_more_years():
    short = "Your foot is numb. It may be a nerve. Ask a doctor."
    assert reading_grade(short.replace(". ", " and ")) > reading_grade(short)


def test_line_breaks_end_sentences_and_silence_has_no_grade():
    assert reading_grade("one two\nthree four") == reading_grade("One two. Three four.")
    with pytest.raises(ValueError, match="no word"):
        reading_grade(" ... ")
