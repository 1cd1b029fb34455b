"""Reader of PDF files that hold text."""

import io
import logging
import math
import re
import time

from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError

from rdhy_qa.documents.clean import clean
from rdhy_qa.documents.document import BlockKind
from rdhy_qa.documents.limits import MAX_TEXT_BYTES
from rdhy_qa.documents.parts import Parsed
from rdhy_qa.documents.pdf_fonts import Typeface, typeface
from rdhy_qa.documents.pdf_lines import Fragment, drop_furniture, page_lines
from rdhy_qa.documents.pdf_runs import runs_of
from rdhy_qa.documents.structure import structure
from rdhy_qa.errors import DocumentError

# It warns of faults in files that it can read nevertheless.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_NO_TITLE = re.compile(
    r"(?:untitled|unknown|\(?anonymous\)?|\(?unspecified\)?|microsoft \w+ - .*"
    r"|.*\.(?:docx?|indd|tex|pdf|xlsx?|pptx?|qxd))",
    re.IGNORECASE,
)
# Code points at which fonts of symbols, and some writers, keep their bullets.
_BULLETS = str.maketrans(dict.fromkeys("\x7f\uf0b7\uf0a7\uf0d8\uf076", "\u2022"))
_TAIL = 4096
_MOST_SECONDS = 300.0
"""Of computing: a kilobyte can draw one page a million times, and nothing that is meant to be read needs so long."""
_SMALLEST = 1.0
"""Height of type, in points, below which nobody sees it."""
_FARTHEST = 1e5


def parse_pdf(data: bytes) -> Parsed:
    """Parts of a PDF, each with the page that it starts on.

    Raises:
        DocumentError: when it is encrypted, damaged or truncated, or holds no text.

    """
    reader = _open(data)
    budget = _Budget()
    pages, heights = [], []
    for number in range(1, len(reader.pages) + 1):
        fragments, height = _read_page(reader, number, budget)
        pages.append(page_lines(fragments, number))
        heights.append(height)
    if not any(pages):
        raise DocumentError(
            f"It holds no text on any of its {len(pages)} pages, only images or drawings.",
            "Run text recognition (OCR) on it first, or export it again with text.",
        )
    parts = structure(runs_of(drop_furniture(pages, heights))).parts
    metadata = _metadata(reader)
    if "title" not in metadata:
        title = next((part.text for part in parts if part.kind is BlockKind.HEADING), None)
        metadata |= {"title": title} if title else {}
    return Parsed(parts, metadata)


def _open(data: bytes) -> PdfReader:
    if not data.lstrip()[:5] == b"%PDF-" and b"%PDF-" not in data[:1024]:
        raise DocumentError("It is not a PDF, though its name says so.", "Give it the suffix of its format.")
    if b"%%EOF" not in data[-_TAIL:]:
        raise DocumentError("It is truncated: its end is missing.", "Copy or download it again.")
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise _encrypted()
        pages = len(reader.pages)
    except DocumentError:
        raise
    except DependencyError as error:
        raise _encrypted() from error
    except Exception as error:  # pypdf lets all kinds through on a damaged file
        raise DocumentError("It is damaged.", "Copy or download it again, or open and save it anew.") from error
    if not pages:
        raise DocumentError("It has no pages.", "Export it again.")
    return reader


def _encrypted() -> DocumentError:
    return DocumentError("It is encrypted with a password.", "Save a copy without password and ingest that.")


class _TooMuch(BaseException):
    """Ends the reading of a file; pypdf goes on after any other exception in a drawing within a page."""


class _Budget:
    """What reading one file may take."""

    def __init__(self) -> None:
        self._end = time.thread_time() + _MOST_SECONDS
        self._characters = MAX_TEXT_BYTES

    def step(self, *_: object) -> None:
        """Check the time, before each operation of a page."""
        if time.thread_time() > self._end:
            raise _TooMuch

    def take(self, characters: int) -> None:
        """Count text."""
        self._characters -= characters
        if self._characters < 0:
            raise _TooMuch


def _read_page(reader: PdfReader, number: int, budget: _Budget) -> tuple[list[Fragment], float]:
    """What a page shows, and its height."""
    collector = _Collector(budget)
    try:
        budget.step()
        page = reader.pages[number - 1]
        page.extract_text(visitor_text=collector.visit, visitor_operand_before=budget.step)
        return collector.fragments, _height(page)
    except _TooMuch:
        raise DocumentError("It takes too long to read, or has too much text.", "Split it.") from None
    except Exception as error:  # pypdf lets all kinds through on a damaged page
        raise DocumentError(
            f"Its page {number} can't be read.", "Open and save it anew, or export it again."
        ) from error


def _height(page: PageObject) -> float:
    top = float(page.mediabox.top)
    return top if math.isfinite(top) else 0.0


class _Collector:
    """Gathers what pypdf reports of a page."""

    def __init__(self, budget: _Budget) -> None:
        self.fragments: list[Fragment] = []
        self._budget = budget
        self._faces: dict[int, Typeface] = {}
        self._spaced = False

    def visit(self, text: str, cm: list[float], tm: list[float], font: dict[str, object] | None, size: float) -> None:
        """Take the text that is shown at the place that the two matrices give."""
        height = abs(size) * (abs(tm[3]) or abs(tm[1])) * (abs(cm[3]) or abs(cm[1])) or 1.0
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        if height < _SMALLEST or not all(abs(value) < _FARTHEST for value in (x, y, height)):
            return  # nobody sees it
        self._budget.take(len(text))
        face = self._face(font)
        broken = text.endswith("\n")
        for offset, line in enumerate(text.translate(_BULLETS).strip("\n").split("\n")):
            if clean(line):
                width = face.width(line, height)
                place = (x, y - offset * height * 1.2, height, width)
                self.fragments.append(Fragment(line, *place, face.exact, face.bold, broken, self._spaced))
                self._spaced = False
            elif line:
                self._spaced = True

    def _face(self, font: dict[str, object] | None) -> Typeface:
        key = id(font)
        if key not in self._faces:
            self._faces[key] = typeface(font)
        return self._faces[key]


def _metadata(reader: PdfReader) -> dict[str, object]:
    try:
        info = reader.metadata
        known = {"title": clean(str(info.title or "")), "author": clean(str(info.author or ""))} if info else {}
    except Exception:  # of a damaged one; the text is still good
        return {}
    return {name: value for name, value in known.items() if value and not _NO_TITLE.fullmatch(value)}
