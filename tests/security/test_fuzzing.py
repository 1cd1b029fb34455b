"""Whatever bytes a reader gets: a document whose offsets hold, or a DocumentError. Whatever is asked: a valid answer.

The readers are called as they are, without what keeps one bad file from stopping an ingest.
"""

import io
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from reportlab.pdfgen.canvas import Canvas

from rdhy_qa.answering import lists
from rdhy_qa.answering.conversation import readings
from rdhy_qa.answering.spelling import corrected
from rdhy_qa.answering.views import DocumentView
from rdhy_qa.contracts import Answer, AskRequest, Filters, SearchReply, SearchRequest, Turn
from rdhy_qa.documents.assemble import assemble
from rdhy_qa.documents.document import Document
from rdhy_qa.documents.encoding import decode
from rdhy_qa.documents.front_matter import split_front_matter
from rdhy_qa.documents.html import parse_html
from rdhy_qa.documents.markdown import parse_markdown
from rdhy_qa.documents.parts import Parsed
from rdhy_qa.documents.pdf import parse_pdf
from rdhy_qa.documents.plain_text import parse_plain_text
from rdhy_qa.engine import Engine
from rdhy_qa.errors import DocumentError
from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import load_settings

FAST = settings(
    deadline=None,
    derandomize=True,
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
FEW = settings(FAST, max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])

MARKDOWN = r"""--- : | - * + # > ` ~ [ ] ( ) ! < > & \ _ ** [^1] [^1]: 1. a) ``` id title & * <<: !! {{ }}
word <b> </b>
<p> <table> <td> <!-- --> &#0; &amp; "quoted" Editor's note. “ ” é 海""".split()
_HTML = """<html> <body> <p> </p> <div_style="display:none"> </div> <table> <tr> <td_rowspan=99> </td> <ul>
<ol_start=--5>
<li> </ul> <h1> </h1> <blockquote> <footer> <dl> <dt> <dd> <img_alt="a_b"> <br> <figure> <figcaption>
<a_href="#x"> </a>
<sup> <script> </script> <!-- --> <![CDATA[ ]]> <?xml ?> &#xD800; &#0; <meta_charset=utf-7> <title>
</title> <svg> <math>
<link_rel=canonical_href="http://[x"> word words. Text <select> <svg/onload=1> é " '"""
HTML = [one.replace("_", " ") for one in _HTML.split()]
PLAIN = """- * • 1. a) i. (a) | || , ; : === --- “ ” " – — Image source: x | Part 1 - Part 2 - By A B word
Words. Dr. e.g.
3 May 2021 x y z A. … Editor's note é 海尔""".split()
YAML = """id: title: author: published: source_url: - --- ... & * &a *a << : !!int !!bool !!binary !!set
!!omap ? | > ' " {
} [ ] , 1 0x1 1e9 1:1 2021-01-01 2021-99-99 true null ~ .inf # % @ é""".split()
SPACES = [*" \t\n\r\0\x0b\x0c\x85\u2028\u00ad\u0301\u200b\u200d\ufeff", "\n\n\n", "\n- ", "\n  "]


def words(vocabulary: list[str]) -> st.SearchStrategy[bytes]:
    mixed = st.lists(st.sampled_from(vocabulary) | st.sampled_from(SPACES) | st.text(max_size=3), max_size=40)
    return mixed.map(lambda parts: " ".join(parts).encode("utf-8", errors="surrogatepass"))


@pytest.fixture(scope="module")
def pages() -> list[bytes]:
    """PDF files with text, lists and a table."""
    made = []
    for compressed in (0, 1):
        out = io.BytesIO()
        canvas = Canvas(out, pageCompression=compressed)
        for number in range(2):
            for line, text in enumerate(
                ("1. Heading", "Some text that goes on", "- an item", "a   b   c", "Page 1 of 2")
            ):
                canvas.drawString(72, 760 - 14 * line, f"{text} {number}")
            canvas.showPage()
        canvas.save()
        made.append(out.getvalue())
    return made


def check(parsed: Parsed) -> Document:
    """What a parsed file becomes, with all of its offsets right."""
    made = assemble(parsed, document_id="fuzz", fallback_title="fuzz")
    made.text.encode()
    assert made.metadata.title
    end = 0
    for block in made.blocks:
        assert end <= block.start < block.end <= len(made.text)
        end = block.end
    for sentence in made.sentences:
        block = made.blocks[sentence.block]
        assert block.start <= sentence.start < sentence.end <= block.end
    for record in made.records:
        spans = [one for one in (record.head, record.qualifier, record.lead_in) if one is not None]
        assert all(0 <= one.start < one.end <= len(made.text) for one in spans)
    view = DocumentView(made)
    for candidate in lists.lists_of(view):
        assert all(isinstance(lists.item_label(candidate, record), str) for record in candidate.records)
    return made


def read(parse: Callable[[], Parsed]) -> Document | None:
    try:
        return check(parse())
    except DocumentError as refused:
        message, step = refused.message, refused.next_step
    assert step
    assert f"{message} {step}".isprintable()
    return None


@FAST
@given(st.binary(max_size=300) | words(MARKDOWN) | words(YAML).map(lambda block: b"---\n" + block + b"\n---\nText."))
def test_any_markdown_is_a_document_or_an_error(data: bytes):
    read(lambda: parse_markdown(decode(data)))


@FAST
@given(st.binary(max_size=300) | words(HTML))
def test_any_page_is_a_document_or_an_error(data: bytes):
    read(lambda: parse_html(data))


@FAST
@given(
    st.binary(max_size=300) | words(PLAIN) | st.text(max_size=300).map(lambda text: text.encode("utf-16", "replace"))
)
def test_any_text_is_a_document_or_an_error(data: bytes):
    read(lambda: parse_plain_text(decode(data)))


@FAST
@given(words(YAML))
def test_any_front_matter_is_read_or_refused(data: bytes):
    try:
        found, _ = split_front_matter(f"---\n{data.decode('utf-8', 'replace')}\n---\n")
    except DocumentError:
        return
    assert all(isinstance(value, str | int | bool) for value in found.values())


def damaged(data: bytes, changes: list[tuple[int, bytes]]) -> bytes:
    for at, piece in changes:
        at %= len(data)
        data = data[:at] + piece + data[at + len(piece) :]
    return data


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.binary(min_size=1, max_size=4)
        | st.sampled_from(
            [b"<<", b">>", b"[", b"]", b"R", b"/Kids", b"999", b"-1", b"0 R", b"(", b"endobj", b"BI", b"Tj", b"nan"]
        ),
    ),
    max_size=6,
)


@FAST
@given(st.binary(max_size=200).map(lambda junk: b"%PDF-1.7\n" + junk + b"\n%%EOF") | st.binary(max_size=100))
def test_any_bytes_are_no_pdf_or_an_error(data: bytes):
    assert read(lambda: parse_pdf(data)) is None


@settings(FAST, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(which=st.integers(0, 1), changes=CHANGES)
def test_a_damaged_pdf_is_a_document_or_an_error(pages: list[bytes], which: int, changes: list[tuple[int, bytes]]):
    read(lambda: parse_pdf(damaged(pages[which], changes)))


_OPERATORS = """BT ET Tj TJ ' " Td TD Tm T* Tf Tz Tr Ts cm q Q Do re BI ID EI BMC (a_b) <41> [(a)_-900_(b)]
/F1 /X 1 0 -1 9e9
. -"""
OPERATORS = [one.replace("_", " ") for one in _OPERATORS.split()]


@settings(FAST, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(parts=st.lists(st.sampled_from(OPERATORS) | st.floats(-1e9, 1e9).map(str), max_size=40))
def test_any_drawing_is_a_document_or_an_error(pages: list[bytes], parts: list[str]):
    old = re.search(rb"stream\r?\n(.*?)endstream", pages[0], re.DOTALL)
    drawn = ("BT /F1 12 Tf " + " ".join(parts)).encode().ljust(len(old[1]))[: len(old[1])]
    read(lambda: parse_pdf(pages[0].replace(old[1], drawn, 1)))


# The question path


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A real engine on one small post."""
    folder = tmp_path_factory.mktemp("fuzzing")
    (folder / "post.md").write_text(
        "---\nid: harbour\ntitle: Prizes\nkind: post\nseries: 1\n---\n\n## Open Water\n\n"
        "Two crews won in Open Water in 2021:\n\n"
        "- **Tidewell** (Norway): a ferry line of 900 sailors [1].\n- **Marten** (Estonia): rope makers.\n\n"
        "Ada Finch founded Tidewell in Norby.\n",
        encoding="utf-8",
    )
    chosen = load_settings(index=folder / "index")
    ingest([folder / "post.md"], settings=chosen)
    return Engine.open(chosen)


ASKED = """who what when where which how many and won the in of from Open Water Tidewell Norway it they
first other ones 2021
? , [1]"""
QUESTIONS = st.text(min_size=1, max_size=200) | st.lists(st.sampled_from(ASKED.split()), min_size=1).map(" ".join)
TURNS = st.lists(st.tuples(st.sampled_from(("user", "assistant")), QUESTIONS | st.text(max_size=3_000)), max_size=4)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.lists(st.sampled_from(("post", "")) | st.text(max_size=20), max_size=3),
        "document_id": st.lists(st.sampled_from(("harbour", "../x")) | st.text(max_size=20), max_size=3),
        "series": st.lists(st.integers(0, 1_000_000), max_size=3),
    },
)


@FEW
@given(question=QUESTIONS, history=TURNS, filters=FILTERS)
def test_any_conversation_with_any_filters_gets_a_valid_answer(engine: Engine, question, history, filters):
    try:
        turns = tuple(Turn(role=role, content=content) for role, content in history)
        request = AskRequest(question=question, history=turns, filters=Filters(**filters))
    except ValidationError:
        assume(False)
    answer = engine.ask(request)
    assert Answer.model_validate_json(answer.model_dump_json()) == answer
    stored = engine.document("harbour").text
    assert all(stored[one.start : one.end] == one.quote for one in answer.citations)
    if answer.answered:
        assert {int(n) for n in re.findall(r"\[(\d+)\]", answer.answer)} == {one.n for one in answer.citations}


@FEW
@given(question=QUESTIONS, filters=FILTERS, limit=st.integers(1, 100))
def test_any_search_gets_a_valid_reply(engine: Engine, question, filters, limit):
    try:
        request = SearchRequest(question=question, filters=Filters(**filters), limit=limit)
    except ValidationError:
        assume(False)
    reply = engine.search(request)
    assert SearchReply.model_validate_json(reply.model_dump_json()) == reply
    stored = engine.document("harbour").text
    assert all(stored[one.start : one.end] == one.text for one in reply.results)


@FAST
@given(text=QUESTIONS, history=TURNS)
def test_any_text_can_be_corrected_and_read_as_a_follow_up(engine: Engine, text, history):
    mended = corrected(text, engine.generation.lexical.vocabulary)
    assert isinstance(mended, str)
    found = readings(text, [Turn(role=role, content=content) for role, content in history])
    assert 0 < len(found) <= 6
    assert all(found)
