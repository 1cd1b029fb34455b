"""The packaged reader."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdhy_qa.errors import ModelError
from rdhy_qa.models.reader import PACKAGED, PackagedReader, Reading, Window

TEXT = "The lamp of the lighthouse was first lit in 1812. Its keeper was Ann Moor, who had come from Saltby."
OTHER = "The rope works employed 75 people in 1900 and closed in 1931, when the railway reached the harbour."


@pytest.fixture(scope="module")
def reader() -> PackagedReader:
    return PackagedReader()


def span_of(reader: PackagedReader, question: str, text: str = TEXT) -> str:
    (reading,) = reader.read(question, [Window("", text)])
    found = reading.best(0, len(text))
    assert found is not None
    return text[found[1] : found[2]]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("In which year was the lamp lit for the first time?", "1812"),
        ("Who looked after the lighthouse?", "Ann Moor"),
        ("where did the keeper come from", "Saltby"),
    ],
)
def test_the_best_span_is_the_answer(reader: PackagedReader, question: str, answer: str):
    assert span_of(reader, question) == answer


def test_the_window_that_answers_is_told_from_one_that_does_not(reader: PackagedReader):
    right, wrong = reader.read("Who was the keeper of the lighthouse?", [Window("", TEXT), Window("", OTHER)])
    assert right.answerable > wrong.answerable


def test_a_batch_reads_as_its_windows_do_alone(reader: PackagedReader):
    windows = [Window("", TEXT), Window("Ropes", OTHER + " " + TEXT)]
    question = "How many people worked there?"
    together = reader.read(question, windows)
    for window, reading in zip(windows, together, strict=True):
        (alone,) = reader.read(question, [window])
        assert np.array_equal(alone.offsets, reading.offsets)
        # The weights are quantised, and the scale of a batch is that of all its rows.
        assert alone.answerable == pytest.approx(reading.answerable, abs=1.0)


def test_tokens_of_the_heading_are_no_answer(reader: PackagedReader):
    (reading,) = reader.read("Which year was it?", [Window("The year 1955", "It was lit in 1812.")])
    found = reading.best(0, 100)
    assert found is not None
    assert "It was lit in 1812."[found[1] : found[2]] == "1812"
    assert reading.offsets.min() >= 0


def test_no_windows_are_no_readings(reader: PackagedReader):
    assert reader.read("Anything?", []) == []


def test_a_question_longer_than_the_window_leaves_room_for_it(reader: PackagedReader):
    (reading,) = reader.read("who kept it " * 200, [Window("", TEXT)])
    assert len(reading.offsets) > 20


@pytest.mark.parametrize("text", ["", " ", "灯" * 300, "\u0301\u200b", "a" * 5000])
def test_any_text_can_be_read(reader: PackagedReader, text: str):
    (reading,) = reader.read(text or "?", [Window(text, text)])
    assert np.isfinite(reading.answerable)
    assert len(reading.starts) == len(reading.ends) == len(reading.offsets)


@given(st.integers(0, 2**16), st.integers(1, 40))
@settings(max_examples=40)
def test_the_best_span_of_a_range_lies_in_it_and_no_other_scores_more(seed: int, size: int):
    rng = np.random.default_rng(seed)
    offsets = np.stack([np.arange(size) * 3, np.arange(size) * 3 + 2], axis=1)
    starts, ends = rng.normal(size=(2, size)).astype(np.float32)
    reading = Reading(offsets, starts, ends, 0.0)
    low, high = sorted(rng.integers(0, size, 2).tolist())
    found = reading.best(low * 3, high * 3 + 2)
    assert found is not None
    score, start, end = found
    assert low * 3 <= start < end <= high * 3 + 2
    every = [starts[i] + ends[j] for i in range(low, high + 1) for j in range(i, min(high + 1, i + 30))]
    assert score == pytest.approx(max(every))
    assert reading.best(size * 3, size * 3 + 9) is None


def test_a_missing_or_damaged_model_says_what_to_do(tmp_path: Path):
    with pytest.raises(ModelError, match="Reinstall"):
        PackagedReader(tmp_path)
    shutil.copytree(PACKAGED, tmp_path / "reader")
    model = tmp_path / "reader" / "reader.onnx"
    model.write_bytes(model.read_bytes()[:1000])
    with pytest.raises(ModelError, match="Reinstall"):
        PackagedReader(tmp_path / "reader")


def test_the_model_is_small_enough_to_ship_and_its_card_lies_beside_it():
    assert (PACKAGED / "reader.onnx").stat().st_size <= 25_000_000
    assert (PACKAGED / "MODEL_CARD.md").is_file()
