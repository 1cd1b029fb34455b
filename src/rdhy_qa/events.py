"""What an answer's stream is made of: what is being done, then the answer piece by piece, then the whole of it.

The last event is ``Done``, and its answer is the one that the same request gets in one piece. What came before it is
there to be shown meanwhile: where an answer that a language model began has to be given up, the sentences after the
next ``Status`` replace those before it.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from rdhy_qa.contracts import Answer, Citation, Related
from rdhy_qa.documents.sentences import sentence_spans


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    name: ClassVar[str]
    """The event's name in a stream of server-sent events."""


class Status(_Event):
    """Work has come to another stage."""

    name = "status"
    stage: Literal["retrieving", "reading", "writing"]
    """`writing` only where a language model words the answer; it comes again as the text grows."""


class Passages(_Event):
    """The passages nearest to the question: where the answer is looked for, not what it rests on."""

    name = "passages"
    passages: tuple[Related, ...]


class AnswerSentence(_Event):
    """The next sentence of the answer. All of them, one after the other, are the answer's text."""

    name = "sentence"
    text: str
    """With the white space between it and its neighbours; empty where a language model is still at the next one."""
    citations: tuple[int, ...]
    """Numbers of the citations in it."""


class Cited(_Event):
    """A citation, before the first sentence that has its number."""

    name = "citation"
    citation: Citation


class Done(_Event):
    """The whole answer; nothing comes after it."""

    name = "done"
    answer: Answer


Event = Status | Passages | AnswerSentence | Cited | Done


def pieces(answer: Answer) -> Iterator[AnswerSentence | Cited]:
    """The sentences of an answer, each after the citations that it is the first to name."""
    shown: set[int] = set()
    by_number = {citation.n: citation for citation in answer.citations}
    spans = sentence_spans(answer.answer)
    for (start, _), (stop, _) in zip(spans, [*spans[1:], (len(answer.answer), 0)], strict=True):
        text = answer.answer[start:stop]
        numbers = tuple(dict.fromkeys(n for n in by_number if f"[{n}]" in text))
        for n in numbers:
            if n not in shown:
                shown.add(n)
                yield Cited(citation=by_number[n])
        yield AnswerSentence(text=text, citations=numbers)
