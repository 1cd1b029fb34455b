"""What letters stand for, where a text spells them out."""

import pytest

from rdhy_qa.answering.abbreviations import expansion
from rdhy_qa.contracts import AskRequest
from rdhy_qa.engine import Engine

PAPER = """\
---
id: paper
title: How the Lanternworks are run
---

## Units

The Lanternworks are divided into small units, each a Light Crew (LC). My badge calls me a Lantern Model (LMI) expert.
It was printed by the Lantern Model Institute (LMI). Several crews make a Glass and Oil Group (GOG).
It is paid from the NFO (Night Fees Office). Every Maker Unit (MU) has its own money; ask me.
The harbour (WEST) is far away.
"""


@pytest.fixture(scope="module")
def paper(engine_of) -> Engine:
    return engine_of({"paper.md": PAPER})


def spelled_out(engine: Engine, question: str) -> str | None:
    material = engine.material(question)
    found = expansion(material.question, dict.fromkeys(passage.view for passage in material.passages))
    return None if found is None else found.words.of(found.view.document.text)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("what does LMI stand for?", "Lantern Model Institute"),  # "Lantern Model (LMI)" spells two of its letters
        ("lmi meaning", "Lantern Model Institute"),
        ("what is the GOG short for", "Glass and Oil Group"),
        ("meaning of NFO in this text", "Night Fees Office"),
        ("full name of the LC", "Light Crew"),
    ],
)
def test_the_words_beside_the_letters_are_found(paper: Engine, question: str, words: str):
    assert spelled_out(paper, question) == words


@pytest.mark.parametrize(
    "question",
    [
        "what does WEST stand for?",  # no words for it
        "who printed the badge of the LMI?",  # something else is asked
        "what does it mean that the LMI is small?",
        "tell me what mu is short for, or what stands for me",  # "me" is a word
    ],
)
def test_nothing_is_spelled_out_that_the_text_does_not_spell_out_or_that_is_not_asked(paper: Engine, question: str):
    assert spelled_out(paper, question) in {None, "Maker Unit"}


def test_the_answer_is_cited_by_the_sentence_that_spells_it_out(paper: Engine):
    answer = paper.ask(AskRequest(question="What does LMI stand for?"))
    assert answer.short_answer == "Lantern Model Institute"
    assert answer.answer == "LMI: Lantern Model Institute [1]."
    assert "Lantern Model Institute (LMI)" in answer.citations[0].quote
