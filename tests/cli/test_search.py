"""Searches on the command line."""

import json
from pathlib import Path

from rdhy_qa.contracts import SearchReply, SearchRequest


def test_passages_are_shown_with_rank_score_and_place(command, engine):
    shown = command("search", "Who?", "--limit", 2).out
    assert "1. A post with" in shown
    assert "2. A post with" in shown
    assert "   Raízen won.\n   score 0.500 · post-4 0-11\n" in shown
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_nothing_found_says_so(command, engine):
    assert command("search", "nothing").out.startswith("Nothing found.\n")


def test_json_is_the_reply(command, engine):
    assert len(SearchReply.model_validate_json(command("search", "Who?", "--json").out).results) == 10


def test_a_line_of_a_batch_may_set_its_limit(command, engine, tmp_path: Path):
    batch = tmp_path / "batch.jsonl"
    batch.write_text('{"id": 1, "question": "Who?", "limit": 2}\n{"id": 2, "question": "Who?"}\n{"question": 1}\n')
    result = command("search", "--batch", batch, "--limit", 3)
    replies = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 1
    assert [len(reply.get("results", ())) for reply in replies] == [2, 3, 0]
    assert [request.limit for request in engine.asked] == [2, 3]
    assert isinstance(engine.asked[0], SearchRequest)
