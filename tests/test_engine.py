"""The façade: generations are taken up whole, threads do not disturb each other, errors end in a next step."""

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rdhy_qa.contracts import Answer, AskRequest, SearchRequest
from rdhy_qa.engine import Engine
from rdhy_qa.errors import DamagedIndexError, GenerationError, NoIndexError, NotFoundError, StaleIndexError
from rdhy_qa.index import activation
from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import Settings

FRONT = "---\nid: {id}\ntitle: Notes on {id}\nkind: post\nseries: {series}\n---\n\n## The keeper\n\n{text}\n"
QUESTION = "Who lit the lantern?"
QUESTIONS = [
    QUESTION,
    "when was the lantern lit?",
    "which boats did the keeper count",
    "how many boats are there?",
    "was the lantern lit in Madrid?",
    "who won the football world cup?",
    "what is a lantern",
    "list the boats",
]


def write(folder: Path, document_id: str, text: str, series: int = 1) -> None:
    folder.mkdir(exist_ok=True)
    text = FRONT.format(id=document_id, series=series, text=text)
    (folder / f"{document_id}.md").write_text(text, encoding="utf-8")


def build(folder: Path, index: Path) -> str:
    return ingest([folder], settings=Settings(index=index, threads=1)).generation_id


def without_timings(answer: Answer) -> str:
    return answer.model_dump_json(exclude={"timings_ms"})


def ask(engine: Engine, question: str = QUESTION) -> Answer:
    return engine.ask(AskRequest(question=question))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with texts and two generations, the second of them active."""
    home = tmp_path_factory.mktemp("engine")
    write(home / "texts", "norby", "The keeper Bruno Salt lit the lantern on 4 May 2021. Norby counts 2,100 boats.")
    first = build(home / "texts", home / "index")
    write(home / "texts", "norby", "The keeper Greta Wind lit the lantern on 5 June 2022. Norby counts 2,200 boats.")
    write(home / "texts", "alpha", "Three boats carry books.", series=2)
    second = build(home / "texts", home / "index")
    (home / "ids").write_text(f"{first} {second}", encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def generations(home: Path) -> tuple[str, str]:
    first, second = (home / "ids").read_text(encoding="utf-8").split()
    return first, second


@pytest.fixture
def activate(home: Path, generations: tuple[str, str]):
    """Lets one of the generations serve; afterwards the second does again."""
    yield lambda generation: activation.activate(home / "index", generation)
    activation.activate(home / "index", generations[1])


@pytest.fixture(scope="module")
def engine(home: Path) -> Engine:
    return Engine.open(Settings(index=home / "index", threads=1))


def test_answers_and_search_results_name_their_generation(engine: Engine, generations: tuple[str, str]) -> None:
    assert engine.generation.id == generations[1]
    assert ask(engine).generation == generations[1]
    assert engine.search(SearchRequest(question=QUESTION)).generation == generations[1]


def test_reload_without_a_newer_generation_changes_nothing(engine: Engine, generations: tuple[str, str]) -> None:
    assert engine.reload() is False
    assert engine.generation.id == generations[1]


def test_reload_takes_up_the_generation_that_was_activated(
    engine: Engine, generations: tuple[str, str], activate: Callable[[str], None]
) -> None:
    assert ask(engine).short_answer == "Greta Wind"
    activate(generations[0])
    assert ask(engine).generation == generations[1], "taken up before reload"
    assert engine.reload() is True
    before = ask(engine)
    assert (before.generation, before.short_answer) == (generations[0], "Bruno Salt")
    activate(generations[1])
    assert engine.reload() is True
    assert ask(engine).short_answer == "Greta Wind"


def test_a_reload_frees_what_it_replaces_and_keeps_the_model_that_encodes_questions(
    engine: Engine, generations: tuple[str, str], activate: Callable[[str], None]
) -> None:
    ask(engine)
    before, encoder = weakref.ref(engine.generation), engine.generation.encoder
    activate(generations[0])
    gc.collect()
    gc.disable()  # with every reload so much memory would be held until the collector of cycles comes by
    try:
        assert engine.reload() is True
        ask(engine)
        assert before() is None
        assert engine.generation.encoder is encoder
    finally:
        gc.enable()
        activate(generations[1])
        engine.reload()


def test_a_generation_that_cannot_be_used_leaves_the_one_in_use(
    engine: Engine, home: Path, generations: tuple[str, str]
) -> None:
    pointer = home / "index" / "active"
    whole = pointer.read_bytes()
    try:
        for content in (b"no generation", b"000000000000"):
            pointer.write_bytes(content)
            with pytest.raises(GenerationError) as caught:
                engine.reload()
            assert "rdhy-qa " in caught.value.next_step
            assert ask(engine).generation == generations[1]
    finally:
        pointer.write_bytes(whole)
    assert engine.reload() is False


def test_eight_threads_get_the_answers_that_one_gets(engine: Engine) -> None:
    alone = [without_timings(ask(engine, question)) for question in QUESTIONS]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda question: without_timings(ask(engine, question)), QUESTIONS * 4))
    assert together == alone * 4


def test_an_answer_is_from_one_generation_while_others_are_taken_up(
    engine: Engine, generations: tuple[str, str], activate: Callable[[str], None]
) -> None:
    names = {generations[0]: "Bruno Salt", generations[1]: "Greta Wind"}
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, engine) for _ in range(40)]
        for generation in (generations[0], generations[1]) * 2:
            activate(generation)
            engine.reload()
        answers = [future.result() for future in asked]
    assert all(answer.short_answer == names[answer.generation] for answer in answers)
    assert engine.generation.id == generations[1]


def test_a_question_says_how_long_each_stage_took(engine: Engine) -> None:
    timings = ask(engine).timings_ms
    assert set(timings) == {"retrieve", "read", "total"}
    assert timings["total"] >= timings["retrieve"] >= 0


def test_documents_are_listed_by_id(engine: Engine) -> None:
    assert [(metadata.id, metadata.series) for metadata in engine.documents()] == [("alpha", 2), ("norby", 1)]


def test_a_document_has_the_text_that_citations_point_into(engine: Engine) -> None:
    answer = ask(engine)
    assert answer.citations
    for citation in answer.citations:
        text = engine.document(citation.document_id).text
        assert text[citation.start : citation.end] == citation.quote


def test_an_unknown_document_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFoundError, match="'beta'") as caught:
        engine.document("beta")
    assert caught.value.next_step


def test_questions_are_embedded_as_search_embeds_them(engine: Engine) -> None:
    vector = engine.embed(QUESTION)
    assert vector.shape == (engine.generation.manifest.model.dimension,)
    assert float(vector @ engine.embed("who lit the lantern")) > float(vector @ engine.embed("List the boats")) + 0.2


def test_search_ranks_its_passages_and_respects_limit_and_filters(engine: Engine) -> None:
    reply = engine.search(SearchRequest(question="boats"))
    assert [passage.rank for passage in reply.results] == list(range(1, len(reply.results) + 1))
    assert {passage.document_id for passage in reply.results} == {"alpha", "norby"}
    for passage in reply.results:
        assert engine.document(passage.document_id).text[passage.start : passage.end] == passage.text
    assert len(engine.search(SearchRequest(question="boats", limit=1)).results) == 1
    filtered = SearchRequest.model_validate({"question": "boats", "filters": {"series": [2]}})
    assert [passage.document_id for passage in engine.search(filtered).results] == ["alpha"]


def test_opening_without_an_index_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(NoIndexError) as caught:
        Engine.open(Settings(index=tmp_path / "none"))
    assert f"rdhy-qa ingest --index {tmp_path / 'none'}" in caught.value.next_step


def test_an_index_of_another_embedder_is_refused(home: Path) -> None:
    with pytest.raises(StaleIndexError, match=r"all-MiniLM-L6-v2; the settings name other") as caught:
        Engine.open(Settings(index=home / "index", embedder="other"))
    assert f"rdhy-qa ingest --index {home / 'index'}" in caught.value.next_step


def test_opening_a_damaged_index_says_so(tmp_path: Path) -> None:
    (tmp_path / "active").write_text("../elsewhere", encoding="utf-8")
    with pytest.raises(DamagedIndexError, match="does not name a generation"):
        Engine.open(Settings(index=tmp_path))
