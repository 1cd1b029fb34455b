"""Which words are taken for proper names."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rdhy_qa.documents.document import BlockKind, Document
from rdhy_qa.index.names import NameCounts
from rdhy_qa.terms import stem

H, P, L, C = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.CAPTION


@pytest.fixture
def names(assemble: Callable[..., Document]) -> Callable[..., set[str]]:
    def find(*sentences: str, kind: BlockKind = P) -> set[str]:
        return name_stems(assemble("d", [(kind, list(sentences), None)]))

    return find


def name_stems(*documents: Document) -> set[str]:
    counts = NameCounts()
    for document in documents:
        counts.add(document)
    return counts.stems()


def test_words_with_a_capital_inside_sentences_are_names(names: Callable[..., set[str]]) -> None:
    assert names("The prize of Buurtzorg and Raízen.", "So Buurtzorg won.") == {stem("buurtzorg"), "raizen"}


@pytest.mark.parametrize("kind", [H, C])
def test_headings_and_captions_write_all_words_with_a_capital(names: Callable[..., set[str]], kind: BlockKind) -> None:
    assert names("A Night of Buurtzorg.", kind=kind) == set()


def test_the_first_word_of_a_sentence_tells_nothing(names: Callable[..., set[str]]) -> None:
    assert names("Buurtzorg cares.", "Raízen makes fuel.") == set()


def test_an_ordinary_word_is_a_name_only_where_it_is_always_written_as_one(names: Callable[..., set[str]]) -> None:
    assert names("The Star shines.", "A tale of Star and more.") == {"star"}
    assert names("The Star shines.") == set()
    assert names("The Star shines.", "A Star shines.", "No star shines.") == set()


def test_another_word_may_be_written_small_now_and_then(names: Callable[..., set[str]]) -> None:
    four = ["At Raizen.", "By Raizen.", "For Raizen.", "With raizen."]
    assert names(*four) == {"raizen"}
    assert names(*four, "Without raizen.") == set()


def test_stop_words_are_no_names(names: Callable[..., set[str]]) -> None:
    assert names("He said The and He said The.") == set()


def test_an_uncommon_word_that_opens_a_record_is_a_name_in_lower_case_too(toy, tmp_path) -> None:
    from rdhy_qa.documents.reading import read_file

    path = tmp_path / "winners.md"
    items = ["**hoxby** (UK): hoxby has no office.", "**shared ownership**: A thing.", "**x2y**: One."]
    path.write_text("\n".join(["# Winners", "", "Three won:", "", *(f"- {item}" for item in items), ""]))
    assert name_stems(read_file(path, root=tmp_path, max_bytes=10_000)) & {"hoxbi", "share", "x2y", "offic"} == {
        stem("hoxby")
    }


def test_a_document_that_is_taken_away_leaves_nothing(assemble: Callable[..., Document], tmp_path: Path) -> None:
    kept = assemble("a", [(P, ["At Raizen.", "It makes Fuel."], None)])
    removed = assemble("b", [(P, ["With raizen and Haier."], None), (L, ["Qzx."], 0)])
    counts = NameCounts()
    counts.add(kept)
    counts.save(tmp_path / "alone")
    counts.add(removed)
    counts.save(tmp_path / "both")
    assert "haier" in counts.stems()
    again = NameCounts.load(tmp_path / "both")
    again.remove(removed)
    assert again.stems() == name_stems(kept)
    again.save(tmp_path / "left")
    assert (tmp_path / "left").read_bytes() == (tmp_path / "alone").read_bytes()
