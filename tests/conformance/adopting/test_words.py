"""Names are taken apart into words, and words are found by their stems."""

from __future__ import annotations

import pytest

from conformance.adopting.places import choose, score, tokens


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("LīgumaNumurs", ("liguma", "numurs")),
        ("bezPvn", ("bez", "pvn")),
        ("EIC", ("eic",)),
        ("EICKods", ("eic", "kods")),
        ("speka_no-2", ("speka", "no", "2")),
        ("", ()),
    ],
)
def test_words_of_a_name(name: str, words: tuple[str, ...]) -> None:
    assert tokens(name) == words


def test_a_name_that_says_all_fits_best() -> None:
    wanted = ["contract number", "ligum numur", "ligum"]
    own = score(wanted, ("liguma", "numurs"), ())
    near = score(wanted, ("numurs",), [("ligums",)])
    far = score(wanted, ("numurs",), [("saraksts",), ("ligums",)])
    assert own > near > far > score(wanted, ("datums",), [("ligums",)])
    assert score(wanted, ("datums",), ()) == 0


def test_short_words_are_whole_words() -> None:
    assert score(["no"], ("no",), ()) > 0
    assert score(["no"], ("nomaksa",), ()) == 0
    assert score(["vard"], ("uzvards",), ()) == 0


def test_each_value_gets_a_word_of_its_own() -> None:
    words = {"new": ["jaun", "j"], "end": ["beig", "izbeig", "b"]}
    assert choose(words, ["B", "J"]) == {"new": "J", "end": "B"}
    assert choose(words, ["Jauns", "Cits"]) == {"new": "Jauns"}
