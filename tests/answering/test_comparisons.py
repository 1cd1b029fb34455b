"""Which of two named things has more of something."""

from rdhy_qa.answering.comparisons import Comparison, compare
from rdhy_qa.engine import Engine

from .conftest import HARBOUR

OTHER = """\
---
id: other
title: Nets and oars
---

## Who sells what

Three firms sell nets and oars in the harbour:

- **RL Marten Ltd**: RL Marten sells nets.
- **Tidewell Oars**: Tidewell sells oars.
- **Norby Ropery**: The ropery is a shop.
"""


def compared(engine: Engine, text: str) -> Comparison | None:
    material = engine.material(text)
    return compare(material.question, material.wanted, material.lists)


def heads(comparison: Comparison | None) -> list[str]:
    assert comparison is not None
    texts = [(side, side.list.view.document.text) for side in comparison.sides]
    return [side.record.head.of(text) for side, text in texts if side.record.head]


def test_more_puts_the_greater_number_first(harbour: Engine) -> None:
    assert heads(compared(harbour, "Who has more sailors, RL Marten or Tidewell?")) == ["Tidewell", "RL Marten"]


def test_fewer_puts_the_smaller_number_first(harbour: Engine) -> None:
    assert heads(compared(harbour, "who has fewer sailors, tidewell or rl marten")) == ["RL Marten", "Tidewell"]


def test_numbers_point_into_the_document(harbour: Engine) -> None:
    comparison = compared(harbour, "Who has more sailors, RL Marten or Tidewell?")
    assert comparison is not None
    assert [side.number.of(side.list.view.document.text) for side in comparison.sides] == ["900", "75"]
    assert not comparison.tie


def test_nothing_is_compared_where_a_number_is_missing(harbour: Engine) -> None:
    assert compared(harbour, "Who has more sailors, Tidewell or SolMarino?") is None


def test_one_thing_alone_is_not_compared(harbour: Engine) -> None:
    assert compared(harbour, "Does Tidewell have more sailors?") is None
    assert compared(harbour, "How many sailors do Tidewell and RL Marten have?") is None


def test_the_answer_names_the_winner_and_cites_both(ask_harbour) -> None:
    answer = ask_harbour("Who has more sailors, RL Marten or Tidewell?")
    assert answer.short_answer == "Tidewell"
    assert len(answer.citations) == 2
    assert "900" in answer.answer
    assert "75" in answer.answer


def test_what_lists_call_by_two_names_is_one_thing(engine_of) -> None:
    engine = engine_of({"harbour.md": HARBOUR, "other.md": OTHER})
    assert heads(compared(engine, "Who has more sailors, RL Marten or Tidewell?")) == ["Tidewell", "RL Marten"]
