"""``rdhy-qa doctor`` says whether the language model answers, and settings that can't be right are refused."""

from pathlib import Path

import pytest
from tests.llm.conftest import Stub, fails
from typer.testing import CliRunner

from rdhy_qa.cli.app import app
from rdhy_qa.errors import SettingsError
from rdhy_qa.settings import load_settings


@pytest.fixture
def said_of_llm(harbour_index: Path, monkeypatch: pytest.MonkeyPatch):
    """The line of `doctor` on the language model at an address."""

    def run(base_url: str | None, model: str = "stub") -> str:
        if base_url is not None:
            monkeypatch.setenv("RDHY_QA_LLM_BASE_URL", base_url)
            monkeypatch.setenv("RDHY_QA_LLM_MODEL", model)
        printed = CliRunner().invoke(app, ["doctor", "--index", str(harbour_index)]).output
        (line,) = [line for line in printed.splitlines() if " llm: " in line]
        return line

    return run


def test_without_a_model_all_is_well(said_of_llm):
    assert said_of_llm(None).startswith("ok ")


def test_a_model_that_answers_is_well(said_of_llm, stub: Stub):
    stub.says("Yes.")
    assert said_of_llm(stub.base_url) == f"ok   llm: stub at {stub.base_url} says 'Yes.'"


def test_a_model_that_the_endpoint_does_not_have_is_named_with_those_that_it_has(said_of_llm, stub: Stub):
    stub.does(fails(404))
    line = said_of_llm(stub.base_url, "other")
    assert line.startswith("fail ")
    assert "404" in line
    assert "It has stub." in line


def test_an_endpoint_that_is_not_there_is_named_with_what_to_do(said_of_llm):
    line = said_of_llm("http://127.0.0.1:9/v1")
    assert line.startswith("fail ")
    assert "Start it, or correct RDHY_QA_LLM_*" in line


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"llm_base_url": "http://127.0.0.1:9/v1"}, "RDHY_QA_LLM_MODEL"),
        ({"llm_model": "m"}, "RDHY_QA_LLM_BASE_URL"),
        ({"llm_base_url": "localhost:8080", "llm_model": "m"}, "no address"),
    ],
)
def test_half_a_configuration_is_refused(given: dict[str, str], named: str):
    with pytest.raises(SettingsError, match=named) as caught:
        load_settings(**given)
    assert caught.value.next_step
