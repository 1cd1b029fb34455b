"""Files and folders to documents."""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from rdhy_qa.documents.assemble import assemble
from rdhy_qa.documents.clean import clean
from rdhy_qa.documents.document import Document
from rdhy_qa.documents.encoding import decode
from rdhy_qa.documents.files import SUFFIXES, find_files, fingerprints, leads_out, shown, slug
from rdhy_qa.documents.limits import MAX_TEXT_BYTES, beyond
from rdhy_qa.documents.parts import Parsed
from rdhy_qa.documents.substitutes import Substitute
from rdhy_qa.errors import DocumentError

__all__ = ["Read", "Skipped", "fingerprints", "read_file", "read_files", "read_paths", "read_substitute"]

_MIB = 1024 * 1024
# Pages that were saved in one piece carry their pictures in themselves.
_EMBEDDED = re.compile(rb"data:[\w/+.;=-]{1,100},[\w/+=%.~-]{1000,}")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that could not be read."""

    path: Path
    reason: str
    """One line: what is wrong, and what to do about it."""


class Read(NamedTuple):
    """What became of one file."""

    path: Path
    found: Document | Skipped | str
    """The document, why there is none, or the id of the document that the file is known to give."""
    alone: bool
    """Whether the file alone decided it, and not also which others there are."""


def read_file(path: Path, *, root: Path, max_bytes: int) -> Document:
    """Read one file; its id is the one that it declares, else its path below ``root``.

    Raises:
        DocumentError: when it can't be read; the message starts with its path.

    """
    try:
        return _read(path, root, max_bytes)
    except DocumentError as error:
        raise DocumentError(f"{shown(path)}: {error.message}", error.next_step) from error


def read_substitute(substitute: Substitute, *, max_bytes: int) -> Document:
    """Read a file that stands in for another.

    Raises:
        DocumentError: when it can't be read.

    """
    path = substitute.path
    data = substitute.decoded(_bytes(path, max_bytes))

    def read() -> Document:
        parsed = _parse(_suffix(path), data)
        known = replace(parsed, metadata=parsed.metadata | dict(substitute.metadata))
        return assemble(known, document_id=slug(path, path.parent), fallback_title=_title(path))

    return _guarded(read)


def read_paths(
    paths: Iterable[Path], *, max_bytes: int, instead: Mapping[Path, Substitute] | None = None
) -> Iterator[Document | Skipped]:
    """Documents of files and folders in sorted order; a file that can't be read is skipped with its reason.

    What ``instead`` has for a file, by its resolved path, is read in its place. Ids are unique: a file that declares an
    id which another one has is skipped, and where two paths differ only in what an id leaves out, the second id gets a
    digest of its path.

    Raises:
        NotFoundError: when a path does not exist.

    """
    for read in read_files(paths, max_bytes=max_bytes, instead=instead, known={}):
        if not isinstance(read.found, str):
            yield read.found


def read_files(
    paths: Iterable[Path], *, max_bytes: int, instead: Mapping[Path, Substitute] | None, known: Mapping[Path, str]
) -> Iterator[Read]:
    """Do as ``read_paths`` does, but for files that are known to give a document of a certain id.

    These are not opened, and only the id comes back, unless another file has it.

    Raises:
        NotFoundError: when a path does not exist.

    """
    taken: dict[str, Path] = {}
    for path, root in find_files(paths):
        known_id = known.get(path)
        if known_id is not None and known_id not in taken:
            taken[known_id] = path
            yield Read(path, known_id, alone=True)
            continue
        substitute = (instead or {}).get(path.resolve())
        try:
            read = read_substitute(substitute, max_bytes=max_bytes) if substitute else _read(path, root, max_bytes)
            document = _unique(read, path, root, taken)
        except DocumentError as error:
            yield Read(path, Skipped(Path(shown(substitute.path if substitute else path)), str(error)), alone=False)
            continue
        taken[document.id] = path
        yield Read(path, document, alone=document.id == read.id)


def _unique(document: Document, path: Path, root: Path, taken: dict[str, Path]) -> Document:
    if document.id not in taken:
        return document
    if document.id != slug(path, root):
        owner = shown(taken[document.id])
        raise DocumentError(
            f"Its id {document.id!r} is already that of {owner}.", "Give each document an id of its own."
        )
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
    return replace(document, metadata=replace(document.metadata, id=f"{document.id}-{digest}"))


def _read(path: Path, root: Path, max_bytes: int) -> Document:
    if leads_out(path, root):
        raise DocumentError(
            f"It is a link that leads out of {shown(root)}.", "Copy the file there, or name the one that it leads to."
        )
    suffix = _suffix(path)
    data = _bytes(path, max_bytes)
    return _guarded(lambda: assemble(_parse(suffix, data), document_id=slug(path, root), fallback_title=_title(path)))


def _title(path: Path) -> str:
    return clean(shown(Path(path.stem.replace("_", " ")))) or clean(shown(Path(path.name)))


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if path.is_dir():
        raise DocumentError("It is a folder that can't be opened.", "Check its permissions.")
    if suffix not in SUFFIXES:
        raise DocumentError(
            f"It is of an unknown type, {suffix or 'no suffix'}.", "Convert it to .md, .html, .pdf or .txt."
        )
    return suffix


def _bytes(path: Path, max_bytes: int) -> bytes:
    try:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            data = stream.read(max_bytes + 1) if size <= max_bytes else b""
    except OSError as error:
        raise DocumentError(
            f"It can't be opened: {error.strerror or error}.", "Check the path and its permissions."
        ) from error
    if max(size, len(data)) > max_bytes:
        raise DocumentError(
            f"It has {size / _MIB:.1f} MiB, more than the {max_bytes / _MIB:.1f} MiB that are allowed.",
            "Split it, or raise RDHY_QA_MAX_FILE_MB.",
        )
    if not data.strip():
        raise DocumentError("It is empty.", "Add text to it, or remove it from the folder.")
    return data


def _guarded(read: Callable[[], Document]) -> Document:
    """Read a document; whatever a library makes of it, it must not keep the other files out."""
    try:
        return read()
    except DocumentError:
        raise
    except RecursionError as error:
        raise DocumentError("It is nested too deeply.", "Open and save it anew, or export it as text.") from error
    except MemoryError:
        pass  # what the reader had is free again only when its exception is gone
    except Exception as error:
        raise DocumentError(
            f"Reading it failed with {type(error).__name__}.", "Open and save it anew, or export it as text."
        ) from error
    raise DocumentError("It takes more memory than there is.", "Split it, or export it as text.")


def _parse(suffix: str, data: bytes) -> Parsed:
    # Each format's libraries are loaded with the first file that needs them.
    if suffix == ".pdf":
        from rdhy_qa.documents.pdf import parse_pdf

        return parse_pdf(data)
    if suffix in (".html", ".htm"):
        from rdhy_qa.documents.html import parse_html

        return parse_html(_within_limit(_EMBEDDED.sub(b"", data)))
    if suffix in (".md", ".markdown"):
        from rdhy_qa.documents.markdown import parse_markdown

        return parse_markdown(decode(_within_limit(_EMBEDDED.sub(b"", data))))
    from rdhy_qa.documents.plain_text import parse_plain_text

    return parse_plain_text(decode(_within_limit(data)))


def _within_limit(data: bytes) -> bytes:
    if len(data) > MAX_TEXT_BYTES:
        raise beyond(f"{MAX_TEXT_BYTES // _MIB} MiB of text")
    return data
