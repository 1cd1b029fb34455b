"""Words that are written otherwise in the question than in the corpus."""

from pathlib import Path

import pytest

from rdhy_qa.index.vocabulary import Vocabulary
from rdhy_qa.terms import joined_names, stem, terms

WORDS = {
    "innovators": 9,
    "benchmark": 5,
    "ingersoll": 2,
    "buurtzorg": 3,
    "raizen": 2,
    "haier": 40,
    "hair": 1,
    "vargroup": 1,
    "morning": 2,
    "star": 2,
    "morningstar": 1,
    "rendanheyi": 12,
    "zerodx": 9,
    "prize": 6,
    "micro": 7,
    "enterprise": 7,
    "2024": 8,
    "raisin": 1,
}


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary(100, {stem(word): number for word, number in WORDS.items()}, WORDS, [stem("haier")])


def found(vocabulary: Vocabulary, question: str) -> set[str]:
    return set(vocabulary.resolve_all(terms(question)))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("innovaters", "innovators"),
        ("benchmak", "benchmark"),
        ("bechmarck", "benchmark"),
        ("buurzorg", "buurtzorg"),
        ("burtzorg", "buurtzorg"),
        ("buurtzorgg", "buurtzorg"),
        ("raizn", "raizen"),
        ("riazen", "raizen"),
        ("haeir", "haier"),
        ("ahier", "haier"),
        ("aier", None),
        ("ngersoll", "ingersoll"),
        ("rendanhei", "rendanheyi"),
        ("xerodx", "zerodx"),
    ],
)
def test_a_slip_of_the_pen_is_mended(vocabulary: Vocabulary, written: str, meant: str | None) -> None:
    assert vocabulary.correct(written) == meant
    assert not meant or vocabulary.resolve(written)[0][0] == stem(meant)


@pytest.mark.parametrize("word", ["price", "bank", "zhangs", "2025", "4701", "a1b2c3", "siemens", "innovators", "xyz"])
def test_no_other_word_is_put_in_its_place(vocabulary: Vocabulary, word: str) -> None:
    assert vocabulary.correct(word) is None


def test_a_mended_word_counts_for_less_than_the_word_itself(vocabulary: Vocabulary) -> None:
    assert vocabulary.resolve("innovators") == [("innov", 1.0)]
    assert 0 < vocabulary.resolve("innovaters")[0][1] < 1
    assert vocabulary.resolve("inovaters")[0][1] < vocabulary.resolve("innovaters")[0][1]


def test_of_two_words_as_near_the_commoner_comes_first(vocabulary: Vocabulary) -> None:
    assert vocabulary.correct("haixr") == "haier"


def test_a_doubled_letter_more_or_less_makes_the_same_stem(vocabulary: Vocabulary) -> None:
    assert vocabulary.resolve("ingersol") == [(stem("ingersoll"), 1.0)]


def test_an_unknown_word_stands_for_nothing(vocabulary: Vocabulary) -> None:
    assert vocabulary.resolve("xqzwv") == []


@pytest.mark.parametrize(
    ("question", "stem_found"),
    [
        ("who leads var group?", "vargroup"),
        ("who leads Var-Group?", "vargroup"),
        ("what is ren dan he yi", "rendanheyi"),
        ("the zero dx awards", "zerodx"),
        ("morning star", "morningstar"),
    ],
)
def test_neighbours_in_the_question_are_also_read_as_one_word(
    vocabulary: Vocabulary, question: str, stem_found: str
) -> None:
    assert stem_found in found(vocabulary, question)


def test_parts_of_a_joined_word_are_not_mended_into_others(vocabulary: Vocabulary) -> None:
    assert found(vocabulary, "zero dx") == {"zerodx"}


def test_two_known_words_written_as_one_are_parted(vocabulary: Vocabulary) -> None:
    assert [name for name, _ in vocabulary.resolve("microenterprises")] == ["micro", stem("enterprise")]


def test_stop_words_find_nothing(vocabulary: Vocabulary) -> None:
    assert found(vocabulary, "who is it?") == set()


def test_rare_words_weigh_more(vocabulary: Vocabulary) -> None:
    assert vocabulary.idf("unknown") > vocabulary.idf("raisin") > vocabulary.idf("haier") > 0


def test_membership_is_by_stem(vocabulary: Vocabulary) -> None:
    assert stem("enterprises") in vocabulary
    assert "siemen" not in vocabulary


def test_names_of_two_words_and_hyphened_words_are_joined() -> None:
    text = "The Var Group and the start-up of Morning Star, San Jose. An end"
    assert joined_names(text, terms(text)) == [
        "vargroup",
        "startup",
        "morningstar",
        "sanjose",
    ]


def test_saved_and_loaded_it_is_the_same(vocabulary: Vocabulary, tmp_path: Path) -> None:
    vocabulary.save(tmp_path / "vocabulary.json")
    loaded = Vocabulary.load(tmp_path / "vocabulary.json")
    assert loaded.passages == 100
    assert loaded.idf("haier") == vocabulary.idf("haier")
    assert loaded.correct("raizn") == "raizen"
    assert [loaded.is_name(stem(word)) for word in ("haier", "prize")] == [True, False]
