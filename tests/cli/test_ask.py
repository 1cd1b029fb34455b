"""Questions on the command line: for people, as JSON and in batches."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from rdhy_qa.cli.rendering import show_answer
from rdhy_qa.contracts import Answer, AskRequest


def test_an_answer_reads_well_at_80_columns(command, engine):
    shown = command("ask", "Who won?").out
    lines = shown.splitlines()
    assert lines[:5] == [
        "2 organisations",
        "The organisations that won are these:",
        "  • Raízen (Brazil) [1]",
        "  • SINA [2]",
        "  2 of 2: the list is complete.",
    ]
    assert all(len(line) <= 80 or "https://" in line for line in lines)
    assert all(line == line.rstrip() for line in lines)
    assert "\u203a Prizes \u203a Winners · page 3 · 2024-09-20" in shown.replace("\n", " ")
    assert "  https://example.org/" + "long-" * 20 in lines
    assert "confidence 0.90 · 12 ms · generation 0123456789ab" in lines


def test_documents_cannot_style_or_command_the_terminal(command, engine):
    shown = command("ask", "Who won?").out
    assert "[red]won[/red] :smile:" in shown
    assert "\x1b" not in shown
    assert "SINA[31m won as well” (editor's note, 2-23)" in shown.replace("\n     ", "")


def test_an_abstention_looks_different(command, engine):
    shown = command("ask", "why?").out
    assert shown.startswith("No answer\nThe documents don't give the answer.\nReason: insufficient evidence\n")
    assert "Related, but not an answer:" in shown
    assert " …" in shown


def test_colours_are_for_terminals():
    answer = Answer(question="?", answered=True, short_answer="Two", answer="Two.", confidence=1, generation="1")
    terminal, file = io.StringIO(), io.StringIO()
    show_answer(Console(file=terminal, force_terminal=True, width=80), answer)
    show_answer(Console(file=file, width=80), answer)
    assert "\x1b[" in terminal.getvalue()
    assert "\x1b[" not in file.getvalue()


def test_what_a_list_does_not_say_is_not_left_out():
    answer = Answer.model_validate(
        {
            "question": "?",
            "answered": True,
            "short_answer": None,
            "answer": "Won: A [1]. The post names B; others name C [1].",
            "items": [{"text": "A", "citations": [1]}],
            "confidence": 1,
            "generation": "1",
        }
    )
    shown = io.StringIO()
    show_answer(Console(file=shown, width=80), answer)
    assert "others name C" in shown.getvalue()


def test_json_is_the_answer_and_nothing_else(command, engine):
    result = command("ask", "Who won?", "--json", "--kind", "post", "--document", "post-4", "--series", 4)
    assert Answer.model_validate_json(result.out).short_answer == "2 organisations"
    assert "Raízen" in result.out
    assert engine.asked == [
        AskRequest.model_validate(
            {"question": "Who won?", "filters": {"kind": ["post"], "document_id": ["post-4"], "series": [4]}}
        )
    ]


def test_several_questions_are_answered_in_order_under_their_own_words(command, engine):
    shown = command("ask", "Who won?", "And why is\nthat?").out
    lines = shown.splitlines()
    assert lines[:4] == ["─" * 80, "Who won?", "", "2 organisations"]
    second = lines.index("─" * 80, 1)
    assert lines[second - 1 : second + 4] == ["", "─" * 80, "And why is that?", "", "No answer"]
    assert [request.question for request in engine.asked] == ["Who won?", "And why is\nthat?"]


def test_one_question_is_not_repeated(command, engine):
    assert "Who won?" not in command("ask", "Who won?").out


def test_json_of_several_questions_is_one_line_each(command, engine):
    lines = command("ask", "Who won?", "And why is that?", "--json", "--series", 4).out.splitlines()
    answers = [Answer.model_validate_json(line) for line in lines]
    assert [(answer.question, answer.answered) for answer in answers] == [
        ("Who won?", True),
        ("And why is that?", False),
    ]
    assert all(request.filters.series == (4,) for request in engine.asked)


def test_each_of_several_answers_is_shown_before_the_next_question_fails(command, engine):
    result = command("ask", "Who won?", "What goes boom?")
    assert result.code == 1
    assert "2 organisations" in result.out


def write_lines(path: Path, *lines: object) -> Path:
    path.write_bytes(
        b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines) + b"\n"
    )
    return path


def test_a_batch_is_answered_in_order_with_its_ids(command, engine, tmp_path: Path):
    batch = write_lines(
        tmp_path / "batch.jsonl",
        {"id": 7, "question": "Who won?", "history": [{"role": "user", "content": "Hi"}]},
        b"",
        {"question": "why?", "id": {"any": "thing"}, "filters": {"series": [4]}},
        {"question": "Who else?"},
    )
    result = command("ask", "--batch", batch, "--kind", "post")
    replies = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 0
    assert [next(iter(reply.items())) for reply in replies] == [("id", 7), ("id", {"any": "thing"}), ("id", None)]
    assert [reply["question"] for reply in replies] == ["Who won?", "why?", "Who else?"]
    Answer.model_validate({name: value for name, value in replies[0].items() if name != "id"})
    assert engine.asked[0].history[0].content == "Hi"
    assert engine.asked[0].filters.kind == ("post",)
    assert engine.asked[1].filters.kind == ()
    assert engine.asked[1].filters.series == (4,)


@pytest.mark.parametrize(
    ("line", "identifier", "said"),
    [
        (b"{", None, "not a JSON object"),
        (b"[]", None, "not a JSON object"),
        (b'"Who?"', None, "not a JSON object"),
        (b"\xff", None, "UTF-8"),
        (b'{"id": NaN, "question": "Who?"}', None, "NaN"),
        (rb'{"id": "\ud800", "question": "Who?"}', None, "not a JSON object"),
        (b"[" * 100_000, None, "not a JSON object"),
        (b'{"id": ' + b"9" * 5000 + b"}", None, "not a JSON object"),
        (b'{"id": "a"}', "a", "question: is required"),
        (b'{"id": "a", "question": ""}', "a", "question"),
        (rb'{"id": "a", "question": "\ud800"}', "a", "question"),
        (b'{"id": "a", "question": "Who?", "limit": 3}', "a", "limit: is not a known field"),
        (b'{"id": "a", "question": "boom"}', "a", "Unexpected RuntimeError."),
    ],
)
def test_a_bad_line_costs_no_other_line(command, engine, tmp_path: Path, line: bytes, identifier: object, said: str):
    batch = write_lines(
        tmp_path / "batch.jsonl", {"id": 1, "question": "Who?"}, b" ", line, {"id": 4, "question": "Who?"}
    )
    result = command("ask", "--batch", batch)
    first, bad, last = (json.loads(line) for line in result.out.splitlines())
    assert result.code == 1
    assert (first["id"], last["id"]) == (1, 4)
    assert first["answered"]
    assert last["answered"]
    assert list(bad) == ["id", "error", "line"]
    assert (bad["id"], bad["line"]) == (identifier, 3)
    assert said in bad["error"]


def test_a_batch_may_begin_with_a_byte_order_mark(command, engine, tmp_path: Path):
    batch = write_lines(tmp_path / "batch.jsonl", b'\xef\xbb\xbf{"id": 1, "question": "Who?"}')
    assert command("ask", "--batch", batch).code == 0


def test_an_empty_batch_is_answered_with_nothing(command, engine, tmp_path: Path):
    result = command("ask", "--batch", write_lines(tmp_path / "batch.jsonl", b"", b""))
    assert (result.code, result.out) == (0, "")
