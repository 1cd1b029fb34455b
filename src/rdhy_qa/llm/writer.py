"""An answer in a model's words, sentence by sentence as each is proven; or why it stays in the documents' words."""

import logging
import re
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from rdhy_qa.answering.citations import Citations
from rdhy_qa.answering.composition import Draft
from rdhy_qa.answering.ranking import Material
from rdhy_qa.contracts import Fallback, Mode
from rdhy_qa.documents.document import Document, Span
from rdhy_qa.events import AnswerSentence, Cited, Status
from rdhy_qa.llm.breaker import Breaker
from rdhy_qa.llm.client import TICK_S, Endpoint, Unavailable
from rdhy_qa.llm.lines import Line, lines_of
from rdhy_qa.llm.plain import LONGEST, plain
from rdhy_qa.llm.prompt import NO_ANSWER, messages
from rdhy_qa.llm.sentences import Sentences, Written
from rdhy_qa.llm.support import Embed, proof
from rdhy_qa.settings import Settings
from rdhy_qa.terms import fold

_log = logging.getLogger(__name__)

_SENTENCES = 3
"""Sentences of an answer; what comes after them is not waited for."""
_ATTEMPTS = 6
"""Sentences that are looked at in all; a model that has proven so few of them by then has lost its way."""
_NO_MORE_YET = AnswerSentence(text="", citations=())
"""After a sentence: a ``Status`` there would say that the answer begins anew."""
_YES_NO = re.compile(r"(yes|no)\b[,.:;]?\s*", re.IGNORECASE)

Shown = Status | Cited | AnswerSentence


@dataclass(frozen=True, slots=True)
class Reworded:
    """What to answer, and in whose words it is."""

    draft: Draft
    mode: Mode
    fallback: Fallback | None = None


class Writer:
    """Words answers with a language model. Safe to share between threads."""

    def __init__(self, endpoint: Endpoint, breaker: Breaker | None = None) -> None:
        self._endpoint = endpoint
        self.breaker = breaker or Breaker()

    @classmethod
    def configured(cls, settings: Settings) -> "Writer | None":
        """The writer that the settings name; None where they name none.

        Raises:
            SettingsError: where the package ``openai`` is not installed.

        """
        return None if settings.llm_base_url is None else cls(Endpoint.configured(settings))

    def write(self, material: Material, draft: Draft, embed: Embed) -> Generator[Shown, None, Reworded]:
        """Word an answer anew, showing each sentence that is proven; closing it hangs up on the model.

        Nothing is shown before a sentence says what the answer is, so what is shown is an answer however the rest of it
        fares, and is never taken back.
        """
        lines = lines_of(material, draft)
        if not lines:
            return Reworded(draft, "extractive")
        if not self.breaker.allows():
            return Reworded(draft, "extractive", "unavailable")
        answer = _Answer(draft, lines, embed)
        fallback: Fallback = "unsupported"
        try:
            yield Status(stage="writing")
            yield from self._follow(material, lines, answer)
            self.breaker.succeeded()
        except Unavailable as reason:
            self.breaker.failed()
            _log.warning("The language model failed: %s", reason)
            fallback = "unavailable"
        except BaseException:
            self.breaker.abandoned()
            raise
        return Reworded(answer.draft(), "llm") if answer.carried else Reworded(draft, "extractive", fallback)

    def _follow(self, material: Material, lines: Sequence[Line], answer: "_Answer") -> Iterator[Shown]:
        """Take the reply sentence by sentence, until it is over or nothing good can come any more.

        Where nothing else is to be shown for a while, something is all the same: only then is it noticed that a reader
        has gone.
        """
        sentences = Sentences()
        shown_at = time.monotonic()
        reply = self._endpoint.write(messages(material.question.text, lines))
        try:
            for piece in reply:
                for written in sentences.feed(piece):
                    yield from answer.take(written)
                if answer.over or sentences.unfinished > 2 * LONGEST:
                    return
                if time.monotonic() - shown_at >= TICK_S:
                    shown_at = time.monotonic()
                    yield _NO_MORE_YET if answer.carried else Status(stage="writing")
            for written in sentences.finish():
                yield from answer.take(written)
        finally:
            reply.close()


class _Answer:
    """The answer as it grows out of proven sentences."""

    def __init__(self, draft: Draft, lines: Sequence[Line], embed: Embed) -> None:
        self._draft = draft
        self._lines = lines
        self._embed = embed
        self._cited = Citations()
        self._known = 0
        self._texts: list[str] = []
        self._waiting: list[AnswerSentence] = []
        self._attempts = 0
        self._refused = False
        self.carried = False
        """Whether a sentence says what the answer is."""

    @property
    def over(self) -> bool:
        """Whether nothing more is taken."""
        return self._refused or len(self._texts) >= _SENTENCES or self._attempts >= _ATTEMPTS

    def take(self, written: Written) -> Iterator[Cited | AnswerSentence]:
        """Keep a sentence if it is proven; show what is kept as soon as one of them says what the answer is."""
        if self.over:
            return
        self._attempts += 1
        said = plain(written.text)
        if said is None:
            return
        if fold(said).strip(" .") == fold(NO_ANSWER) or self._contradicts(said):
            self._refused = True
            return
        if (proven := self._proven(said, written.numbers)) is None:
            return
        line, spans = proven
        sentence = self._sentence(said, line.document, spans)
        self._texts.append(sentence.text)
        self._waiting.append(sentence)
        self.carried = self.carried or self._carries(said, line.document, spans)
        if self.carried:
            yield from self._released()

    def draft(self) -> Draft:
        """The answer as a whole."""
        return replace(self._draft, text="".join(self._texts), citations=self._cited.all())

    def _contradicts(self, said: str) -> bool:
        """Whether it says yes where the documents say no, or the reverse."""
        opening = _YES_NO.match(said)
        return opening is not None and opening[1].capitalize() != self._draft.short

    def _proven(self, said: str, numbers: Sequence[int]) -> tuple[Line, tuple[Span, ...]] | None:
        """The first line that it names which proves it, with what is to be cited."""
        claim = _YES_NO.sub("", said, count=1) if self._draft.short in {"Yes", "No"} else said
        if any(said in text for text in self._texts):
            return None
        for number in numbers:
            if 0 < number <= len(self._lines):
                line = self._lines[number - 1]
                if (spans := proof(claim, line, self._embed)) is not None:
                    return line, spans
        return None

    def _sentence(self, said: str, document: Document, spans: Sequence[Span]) -> AnswerSentence:
        marks = [
            self._cited.cite(document, span.start, span.end, self._answer_in(document, span))
            for span in sorted(spans, key=lambda s: s.start)
        ]
        text = f"{said} {''.join(f'[{n}]' for n in marks)}"
        return AnswerSentence(text=f" {text}" if self._texts else text, citations=tuple(marks))

    def _answer_in(self, document: Document, span: Span) -> Span | None:
        """Where the short answer stands in a quotation."""
        short = self._draft.short
        at = span.of(document.text).find(short) if short else -1
        return Span(span.start + at, span.start + at + len(short)) if short and at >= 0 else None

    def _carries(self, said: str, document: Document, spans: Sequence[Span]) -> bool:
        """Whether a sentence says what the answer is: it has the short answer, from the answer's own evidence."""
        cited = {(citation.document_id, citation.start) for citation in self._draft.citations}
        if not any((document.id, span.start) in cited for span in spans):
            return False
        short = self._draft.short
        if short in {"Yes", "No"}:
            return _YES_NO.match(said) is not None
        return short is None or re.search(rf"(?<!\w){re.escape(_folded(short))}(?!\w)", _folded(said)) is not None

    def _released(self) -> Iterator[Cited | AnswerSentence]:
        """What is kept and not yet shown, each citation before the first sentence that has its number."""
        for sentence in self._waiting:
            for citation in self._cited.all()[self._known :]:
                if citation.n in sentence.citations:
                    self._known = citation.n
                    yield Cited(citation=citation)
            yield sentence
        self._waiting = []


def _folded(text: str) -> str:
    return " ".join(fold(text).split())
