"""Bringing originals into the folder of originals, one source after the other."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rdhy_qa.documents.clean import count_words
from rdhy_qa.documents.document import Document
from rdhy_qa.documents.reading import read_substitute
from rdhy_qa.documents.substitutes import Substitute
from rdhy_qa.errors import DocumentError, FetchError, OriginalsError, RefusedError
from rdhy_qa.sources.asking import Known, Reply
from rdhy_qa.sources.catalogue import Source
from rdhy_qa.sources.doubts import Expected, Page, doubt_about
from rdhy_qa.sources.fetching import Fetcher
from rdhy_qa.sources.keeping import Aside, Copy, is_whole, read_state, remove_leftovers, write_file, write_state
from rdhy_qa.sources.language import language_of
from rdhy_qa.sources.media import HTML, declared, suffix_of
from rdhy_qa.sources.preferring import front_matter
from rdhy_qa.sources.report import Outcome

_KINDS = {".html": "web page", ".pdf": "PDF", ".md": "Markdown", ".txt": "text"}


@dataclass(frozen=True, slots=True)
class Bringer:
    """Brings sources of one corpus into one folder. Whoever uses it holds the folder's lock."""

    corpus: Path
    root: Path
    fetcher: Fetcher

    def bring(self, source: Source) -> Outcome:
        """Fetch a source, and keep what came if it is good."""
        try:
            return _Visit(source, self.corpus, self.root / source.id, self.fetcher).run()
        except RefusedError as error:
            return Outcome(source.id, "refused", error.message, error.next_step)
        except (FetchError, OriginalsError) as error:
            return Outcome(source.id, "failed", error.message, error.next_step)
        except OSError as error:
            step = "Make room, or check its permissions."
            return Outcome(source.id, "failed", f"{self.root} can't be written: {error.strerror}.", step)

    def accept(self, source: Source) -> Outcome:
        """Let the page that was kept aside replace the copy that is held."""
        folder = self.root / source.id
        try:
            state = read_state(folder)
            aside = state.aside
            if aside is None or not is_whole(folder, aside.copied):
                return Outcome(source.id, "failed", "Nothing is kept aside for it.", f"See what is in {folder}.")
            if not aside.readable:
                return Outcome(source.id, "failed", f"It can't be accepted: {aside.reason}", "Correct its address.")
            write_state(folder, state.model_copy(update={"held": aside.copied, "before": state.held, "aside": None}))
        except OriginalsError as error:
            return Outcome(source.id, "failed", error.message, error.next_step)
        return Outcome(source.id, "accepted", _described(aside.copied))


class _Visit:
    """One source, once."""

    def __init__(self, source: Source, corpus: Path, folder: Path, fetcher: Fetcher) -> None:
        self._source = source
        self._ours = corpus / source.path
        self._folder = folder
        self._fetcher = fetcher
        self._now = datetime.now(UTC).replace(microsecond=0)
        self._state = read_state(folder)
        held = self._state.held
        self._expecting = held if held and held.address == source.address else None
        self._held = held if self._expecting and is_whole(folder, self._expecting) else None

    def run(self) -> Outcome:
        remove_leftovers(self._folder, self._state)
        reply = self._fetcher.get(self._source.address, self._known())
        if reply.not_modified:
            assert self._held is not None
            return self._unchanged(self._held)
        copied = self._copy(reply)
        if self._held and copied.sha256 == self._held.sha256:
            return self._unchanged(_asked_anew(self._held, copied))
        write_file(self._folder, copied.file, reply.body)
        document, trouble = self._read(copied)
        if document is None:
            return self._keep_aside(Aside(copied=copied, reason=trouble, readable=False))
        copied = _with_text(copied, document.text)
        if self._held and document.text == self._text_of(self._held):
            return self._unchanged(_asked_anew(self._held, copied))
        write_file(self._folder, copied.text_file, document.text.encode())
        doubt = doubt_about(_page(copied, document, reply.body), self._expected())
        if doubt:
            return self._keep_aside(Aside(copied=copied, reason=doubt, readable=True))
        return self._replace(copied, document.text)

    def _known(self) -> Known | None:
        return Known(self._held.final_address, self._held.etag, self._held.last_modified) if self._held else None

    def _copy(self, reply: Reply) -> Copy:
        content_type = reply.headers.get("Content-Type", "")
        suffix = suffix_of(content_type, reply.address, reply.body)
        if suffix == HTML and len(reply.body) > self._fetcher.limits.page:
            raise FetchError("It is larger than a web page may be.", "Look whether it is the right page.")
        return Copy(
            address=self._source.address,
            final_address=reply.address,
            etag=_plain(reply.headers.get("ETag")),
            last_modified=_plain(reply.headers.get("Last-Modified")),
            sha256=hashlib.sha256(reply.body).hexdigest(),
            suffix=suffix,
            charset=declared(content_type)[1],
            language=None,
            words=0,
            fetched_at=self._now,
        )

    def _read(self, copied: Copy) -> tuple[Document | None, str]:
        """The document of a copy, or why it can't be read."""
        path = self._folder / copied.file
        try:
            return read_substitute(Substitute(path, charset=copied.charset), max_bytes=path.stat().st_size), ""
        except DocumentError as error:
            return None, error.message
        except Exception as error:  # a page made to break a reader must not keep the others from being fetched
            return None, f"Its reader breaks on it ({type(error).__name__})."

    def _text_of(self, copied: Copy) -> str | None:
        try:
            return (self._folder / copied.text_file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def _expected(self) -> Expected:
        if self._expecting:
            return Expected(self._expecting.language, self._expecting.suffix, self._expecting.words)
        ours = front_matter(self._ours) if self._source.stands_for_it else None
        language = ours.get("language") if ours else None
        return Expected(language.split("-")[0].lower() if isinstance(language, str) else None)

    def _unchanged(self, held: Copy) -> Outcome:
        update = {"held": held, "aside": None, "checked_at": self._now}
        write_state(self._folder, self._state.model_copy(update=update))
        return Outcome(self._source.id, "unchanged", f"since {held.fetched_at:%Y-%m-%d}")

    def _keep_aside(self, aside: Aside) -> Outcome:
        write_state(self._folder, self._state.model_copy(update={"aside": aside, "checked_at": self._now}))
        path = self._folder / aside.copied.file
        kept = "The copy that is held stays." if self._held else "No copy is held."
        step = f"Look at {path}."
        if aside.readable:
            step = f"If {path} is right all the same: rdhy-qa fetch --force {self._source.id}"
        return Outcome(self._source.id, "kept aside", f"{aside.reason} {kept}", step)

    def _replace(self, copied: Copy, text: str) -> Outcome:
        before = self._text_of(self._held) if self._held else None
        update = {"held": copied, "before": self._state.held, "aside": None, "checked_at": self._now}
        write_state(self._folder, self._state.model_copy(update=update))
        if before is None:
            return Outcome(self._source.id, "new", _described(copied))
        return Outcome(self._source.id, "changed", f"{_difference(before, text)}; {_described(copied)}")


def _with_text(copied: Copy, text: str) -> Copy:
    return copied.model_copy(update={"language": language_of(text), "words": count_words(text)})


def _asked_anew(held: Copy, came: Copy) -> Copy:
    """A copy that came again, with what the server now wants to hear when it is asked for a newer one."""
    fields = ("final_address", "etag", "last_modified")
    return held.model_copy(update={name: getattr(came, name) for name in fields})


def _page(copied: Copy, document: Document, raw: bytes) -> Page:
    return Page(
        asked=copied.address,
        address=copied.final_address,
        suffix=copied.suffix,
        raw=raw,
        title=document.metadata.title,
        text=document.text,
        words=copied.words,
        language=copied.language,
    )


def _plain(value: str | None) -> str | None:
    """A header that can be sent back."""
    return value if value and value.isascii() and value.isprintable() else None


def _described(copied: Copy) -> str:
    language = f", {copied.language}" if copied.language else ""
    return f"{_KINDS[copied.suffix]}, {copied.words:,} words{language}"


def _difference(before: str, now: str) -> str:
    old, new = (Counter(filter(None, text.split("\n"))) for text in (before, now))
    return f"{(new - old).total()} paragraphs new, {(old - new).total()} gone"
