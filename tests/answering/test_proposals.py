"""Which answers are proposed, and what their confidence rests on."""

import pytest

from rdhy_qa.contracts import AskRequest
from rdhy_qa.engine import Engine
from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import Settings

LOOM = """# The Loom House

Two of the four weavers of Loom House got a medal.
"""


@pytest.fixture(scope="module")
def loom(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("loom")
    (folder / "loom.md").write_text(LOOM, encoding="utf-8")
    settings = Settings(index=folder / "index")
    ingest([folder / "loom.md"], settings=settings)
    return Engine.open(settings)


def test_some_is_a_yes_to_any_and_a_no_to_all(loom: Engine) -> None:
    asked = ("Did weavers of Loom House get a medal?", "Did all weavers of Loom House get a medal?")
    said = [loom.ask(AskRequest(question=question), operating_point=0.0).short_answer for question in asked]
    assert said == ["Yes", "No"]
