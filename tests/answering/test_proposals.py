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


def test_some_is_less_likely_a_yes_to_all_than_to_any(loom: Engine) -> None:
    asked = ("Did all weavers of Loom House get a medal?", "Did weavers of Loom House get a medal?")
    every, some = (loom.ask(AskRequest(question=question), operating_point=0.0).confidence for question in asked)
    assert every < some
