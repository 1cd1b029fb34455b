"""The network's tensors and its loss."""

import pytest
import torch
from asked import Place
from model import collate, loss_of, pair_tokenizer
from windows import Row

TEXT = "The lamp was lit in 1812. Its keeper was Ann Moor."


def rows() -> list[Row]:
    start = TEXT.index("Ann Moor")
    return [
        Row("Who kept the lamp?", "Lighthouses", TEXT, (Place(start, start + 8),), 7),
        Row("Who kept the lamp?", "", "Ropes are made in Saltby.", (), 7),
        Row("Was the lamp lit in 1812?", "", TEXT, (Place(0, 25, exact=False),), 9, yes=True),
    ]


def test_targets_are_the_tokens_of_the_answer():
    tokenizer = pair_tokenizer()
    batch = collate(tokenizer, rows())
    ids = batch.inputs[0]
    start, end = (int(marks[0].nonzero().squeeze()) for marks in (batch.starts, batch.ends))
    assert tokenizer.decode(ids[0, start : end + 1].tolist()) == "ann moor"
    assert not batch.starts[1].any()
    assert tokenizer.decode(ids[2][batch.starts[2]].tolist()) == "the lamp was lit in 1812."
    assert batch.groups.tolist() == [0, 0, 1]
    assert batch.answers.tolist() == [True, False, True]


def test_neither_question_nor_heading_can_be_an_answer():
    tokenizer = pair_tokenizer()
    batch = collate(tokenizer, rows())
    read = tokenizer.decode(batch.inputs[0][0][batch.text[0]].tolist())
    assert read == TEXT.lower()


def test_what_is_right_costs_nothing_and_what_is_wrong_costs_much():
    batch = collate(pair_tokenizer(), rows())
    sure = torch.where(batch.answers, 20.0, -20.0)
    right = loss_of(batch, batch.starts * 40.0, batch.ends * 40.0, sure, torch.full((3,), 20.0))
    wrong = loss_of(batch, batch.starts * -40.0, batch.ends * -40.0, -sure, torch.full((3,), -20.0))
    assert [float(loss) for loss in right] == pytest.approx([0.0, 0.0, 0.0], abs=1e-3)
    assert all(float(loss) > 10 for loss in wrong)


def test_where_nothing_is_asked_that_has_yes_or_no_for_an_answer_neither_costs():
    batch = collate(pair_tokenizer(), rows()[:2])
    none = torch.zeros(2)
    for said in (-20.0, 20.0):
        assert float(loss_of(batch, batch.starts * 1.0, batch.ends * 1.0, none, torch.full((2,), said))[2]) == 0.0


def test_a_span_in_a_wrong_window_of_the_same_question_costs():
    batch = collate(pair_tokenizer(), rows())
    tempting = batch.starts * 5.0
    tempting[1][batch.text[1]] = 20.0
    none = torch.zeros(3)
    assert float(loss_of(batch, tempting, batch.ends * 5.0, none, none)[0]) > float(
        loss_of(batch, batch.starts * 5.0, batch.ends * 5.0, none, none)[0]
    )
