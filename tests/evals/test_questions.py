"""Question files: what is read, and what is refused with a next step."""

from pathlib import Path

import pytest

from rdhy_qa.documents.assemble import assemble
from rdhy_qa.documents.markdown import parse_markdown
from rdhy_qa.errors import UsageError
from rdhy_qa_evals.questions import load_cases, resolve_gold

GOOD = """\
- id: a
  question: Who won?
  kind: list
  answerable: true
  items: [[SINA, Social Innovation Academy], [hoxby]]
- id: b
  question: Who lost?
  kind: unanswerable
  answerable: false
  elsewhere: true
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "questions.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_questions_are_read_in_order(tmp_path: Path) -> None:
    first, second = load_cases([write(tmp_path, GOOD)])
    assert first.items == (("SINA", "Social Innovation Academy"), ("hoxby",))
    assert (second.answerable, second.elsewhere, second.accepted) == (False, True, ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- id: a\n  question: Who?\n  kind: who\n  answerable: true\n", "needs `accepted` or `items`"),
        ("- id: a\n  question: Who?\n  kind: who\n", r"entry 0\.answerable"),
        (GOOD + "- id: c\n  question: Who?\n  kind: who\n  answerable: false\n  anwser: x\n", r"entry 2\.anwser"),
        ("id: a\n", "valid list"),
        ("", "valid list"),
        ("- [unclosed\n", "can't be read"),
    ],
)
def test_a_wrong_file_is_refused_with_the_entry_at_fault(tmp_path: Path, text: str, says: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError, match=says) as caught:
        load_cases([path])
    assert str(path) in caught.value.message
    assert caught.value.next_step


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        load_cases([tmp_path / "none.yaml"])


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "questions.yaml"
    path.write_bytes(b"- id: \xff\xfe\n")
    with pytest.raises(UsageError):
        load_cases([path])


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("kind: follow-up\n  answerable: false", "needs its `history`"),
        ("kind: injection\n  answerable: false", "needs `attack`"),
        ("kind: unanswerable\n  answerable: false\n  accepted: [x]", "has no `accepted`"),
        ("kind: whoever\n  answerable: false", r"entry 0\.kind"),
    ],
)
def test_an_entry_that_does_not_fit_its_kind_is_refused(tmp_path: Path, entry: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        load_cases([write(tmp_path, f"- id: a\n  question: And?\n  {entry}\n")])


def test_a_question_without_words_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="1 to 1000 characters"):
        load_cases([write(tmp_path, "- id: a\n  question: ' '\n  kind: who\n  answerable: false\n")])


def test_an_id_is_given_once_over_all_files(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "more.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(UsageError, match="the id 'a'"):
        load_cases([tmp_path])


def test_a_folder_without_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no question file"):
        load_cases([tmp_path])


def gold_case(folder: Path, quote: str):
    text = "- id: a\n  question: Who?\n  kind: who\n  answerable: true\n  accepted: [Ada]\n"
    return load_cases([write(folder, text + f"  gold: [{{document: lamp, quote: {quote!r}}}]\n")])


def lamp(document_id: str):
    if document_id != "lamp":
        raise LookupError(f"There is no document {document_id!r}.")
    return assemble(parse_markdown("The **lamp** was lit. Ada lit it."), document_id="lamp", fallback_title="lamp")


def test_gold_quotations_become_offsets_of_the_canonical_text(tmp_path: Path) -> None:
    found = resolve_gold(gold_case(tmp_path, "lamp was lit"), lamp)
    ((document_id, span),) = found["a"]
    assert span.of(lamp(document_id).text) == "lamp was lit"


@pytest.mark.parametrize(("quote", "says"), [("Bo lit it", "a: lamp no longer holds"), ("lit", "more than once")])
def test_a_quotation_that_is_lost_is_an_error_that_names_the_question(tmp_path: Path, quote: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        resolve_gold(gold_case(tmp_path, quote), lamp)


def test_a_quotation_of_a_document_that_is_gone_is_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no document 'none'"):
        resolve_gold(gold_case(tmp_path, "lamp was lit"), lambda _: lamp("none"))


def test_our_question_set_is_as_large_and_as_mixed_as_the_gate_needs(pytestconfig: pytest.Config) -> None:
    cases = load_cases([pytestconfig.rootpath / "evals/questions"])
    assert len(cases) >= 250
    assert sum(not case.answerable for case in cases) * 3 >= len(cases)
    assert sum(case.kind in {"list", "count"} for case in cases) >= 40
    assert sum(case.kind == "follow-up" for case in cases) >= 30
    assert sum(bool(case.attack) for case in cases) >= 25
    assert any(case.planted for case in cases)


WINNERS = (
    "raizen,SD Guthrie,SeamosUno,Ingersoll Rand,ASA Group,Var Group,"
    "Morningstar,hoxby,BuurtzOrg,SINA,San Yi Nico,EU HVACS"
)
CATEGORIES = "ZeroDX Incorporated,Benchmark Innovators,Emergent Excellence,ZeroDX Pioneers,ZeroDX AI"


@pytest.mark.parametrize("name", [*WINNERS.split(","), *CATEGORIES.split(",")])
def test_every_winner_and_category_is_asked_about_in_three_ways(pytestconfig: pytest.Config, name: str) -> None:
    cases = load_cases([pytestconfig.rootpath / "evals/questions"])
    key = name.lower().replace(" ", "")

    def about(case) -> bool:
        said = [case.question, *case.accepted, *(v for item in case.items for v in item), *(g.quote for g in case.gold)]
        return any(key in text.lower().replace(" ", "") for text in said)

    assert len({case.question for case in cases if about(case)}) >= 3


def test_the_sets_on_post_4_can_be_read(pytestconfig: pytest.Config) -> None:
    cases = load_cases([pytestconfig.rootpath / "evals/post-4"])
    assert len(cases) >= 700


def test_the_unseen_sets_share_no_question_with_those_that_something_was_fitted_on(pytestconfig: pytest.Config) -> None:
    folder = pytestconfig.rootpath / "evals"
    unseen, fitted = load_cases([folder / "unseen"]), load_cases([folder / "questions", folder / "post-4"])
    assert len(unseen) >= 240
    assert not {case.question.casefold() for case in unseen} & {case.question.casefold() for case in fitted}
