"""An engine over the corpus of the checkout, and engines and lists made from a few lines of Markdown."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rdhy_qa.answering.evidence import DocumentView
from rdhy_qa.answering.lists import RecordList, lists_of
from rdhy_qa.contracts import Answer, AskRequest
from rdhy_qa.documents.assemble import assemble
from rdhy_qa.documents.document import Document
from rdhy_qa.documents.markdown import parse_markdown
from rdhy_qa.engine import Engine
from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import Settings

Ask = Callable[[str], Answer]
EngineOf = Callable[..., Engine]

HARBOUR = """\
---
id: harbour
title: The Lantern Prizes
kind: post
series: 3
author: Ola Brandt
---

## The evening

The Lantern Prizes were handed out in Lisbon on 4 May 2021. The evening was hosted by two people:

- **Ada Finch**: Ada Finch is presented as founder of the Rope Museum.
- **Kofi Mensah**: Kofi Mensah is presented as editor of the Harbour Gazette.

The keeper Bruno Salt lit the lantern. The ferry carried 240 guests. Norby has run the harbour for more than 30 years.

> **Editor's note.** The post counts 240 guests; the Harbour Gazette counted 310 guests.

## Open Water

Three organisations won in the Open Water category:

- **Tidewell** (Norway): Tidewell is a ferry line with 900 sailors. Tidewell cut delays by 12 percent.
- **RL Marten** (Estonia): RL Marten makes ropes and employs 75 sailors.
- **SolMarino** (Portugal): SolMarino is a floating school that carries books.

## Quiet Harbours

Two organisations won in the Quiet Harbours category:

- **Saltby** (Ireland): Saltby mends nets.
- **Dune Academy (DUAC)** (Ghana): DUAC teaches pupils on the beach. The founder of DUAC is Yaa Ofori.

Winners of Quiet Harbours were asked what had helped them. The post reports two answers:

- **Patience**: One winner answered that nets are mended slowly.
- **Listening**: One winner answered that pupils teach each other.
"""


def read(markdown: str, document_id: str = "text") -> Document:
    """A document from Markdown."""
    return assemble(parse_markdown(markdown), document_id=document_id, fallback_title=document_id)


@pytest.fixture(scope="session")
def read_markdown() -> Callable[..., Document]:
    return read


@pytest.fixture(scope="session")
def lists_in() -> Callable[[str], list[RecordList]]:
    return lambda markdown: lists_of(DocumentView(read(markdown)))


@pytest.fixture(scope="session")
def engine_of(tmp_path_factory: pytest.TempPathFactory) -> EngineOf:
    """Builds an engine over Markdown texts, with the real model."""

    def build(texts: Mapping[str, str]) -> Engine:
        folder = tmp_path_factory.mktemp("texts")
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        settings = Settings(index=tmp_path_factory.mktemp("index"), threads=1)
        ingest([folder], settings=settings)
        return Engine.open(settings)

    return build


@pytest.fixture(scope="session")
def harbour(engine_of: EngineOf) -> Engine:
    return engine_of({"harbour.md": HARBOUR})


@pytest.fixture(scope="session")
def ask_harbour(harbour: Engine) -> Ask:
    return lambda question: harbour.ask(AskRequest(question=question))


@pytest.fixture(scope="session")
def corpus_engine(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Built by the first test of the run that needs it; later calls of `ingest` find it unchanged."""
    settings = Settings(index=Path(tmp_path_factory.getbasetemp()) / "corpus-index", threads=1)
    ingest([pytestconfig.rootpath / "corpus"], settings=settings)
    return Engine.open(settings)


@pytest.fixture(scope="session")
def ask(corpus_engine: Engine) -> Ask:
    return lambda question: corpus_engine.ask(AskRequest(question=question))
