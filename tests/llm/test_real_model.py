"""A real model at a real OpenAI-compatible server: SmolLM2-135M-Instruct in llama.cpp's server."""

import pytest

from rdhy_qa.contracts import AskRequest
from rdhy_qa.engine import Engine
from rdhy_qa.llm.client import Endpoint
from rdhy_qa.settings import Settings
from rdhy_qa_evals.asking import is_valid
from rdhy_qa_evals.support import unsupported_claims

QUESTIONS = [
    "Who lit the lantern?",
    "Where were the Lantern Prizes handed out?",
    "How many guests did the ferry carry?",
    "Who owns the mill?",
]


@pytest.fixture(scope="module")
def endpoint(real_model: str) -> Endpoint:
    return Endpoint(real_model, "smollm2", None, 300.0)


def test_it_lists_its_model(endpoint: Endpoint):
    assert endpoint.models() == ["smollm2"]


def test_it_writes_what_is_asked_for(endpoint: Endpoint):
    asked = [{"role": "user", "content": "What is the capital of France?"}]
    assert "Paris" in "".join(endpoint.write(asked, tokens=20))


def test_what_it_writes_reaches_a_reader_only_where_it_is_proven(real_model: str, harbour_index, plain_engine: Engine):
    settings = Settings(
        index=harbour_index, threads=1, llm_base_url=real_model, llm_model="smollm2", llm_timeout_s=300.0
    )
    engine = Engine.open(settings)
    modes = []
    for question in QUESTIONS:
        request = AskRequest(question=question)
        answer, extractive = engine.ask(request), plain_engine.ask(request)
        assert answer.answered
        assert answer.fallback != "unavailable"
        assert answer.short_answer == extractive.short_answer
        assert is_valid(answer, engine.document)
        if answer.mode == "llm":
            assert unsupported_claims(answer) == []
        else:
            assert answer.answer == extractive.answer
        modes.append(answer.mode)
    assert "llm" in modes, "the model proved nothing at all"
