"""Files and folders to documents."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rdhy_qa.documents.assemble import assemble
from rdhy_qa.documents.document import Document
from rdhy_qa.documents.encoding import decode
from rdhy_qa.documents.files import SUFFIXES, find_files, fingerprints, slug
from rdhy_qa.documents.parts import Parsed
from rdhy_qa.documents.substitutes import Substitute
from rdhy_qa.errors import DocumentError

__all__ = ["Skipped", "fingerprints", "read_file", "read_paths", "read_substitute"]

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that could not be read."""

    path: Path
    reason: str
    """One line: what is wrong, and what to do about it."""


def read_file(path: Path, *, root: Path, max_bytes: int) -> Document:
    """Read one file; its id is the one that it declares, else its path below ``root``.

    Raises:
        DocumentError: when it can't be read; the message starts with its path.

    """
    try:
        return _read(path, root, max_bytes)
    except DocumentError as error:
        raise DocumentError(f"{path}: {error.message}", error.next_step) from error


def read_substitute(substitute: Substitute, *, max_bytes: int) -> Document:
    """Read a file that stands in for another.

    Raises:
        DocumentError: when it can't be read.

    """
    path = substitute.path
    parsed = _parse(_suffix(path), substitute.decoded(_bytes(path, max_bytes)))
    known = replace(parsed, metadata=parsed.metadata | dict(substitute.metadata))
    return assemble(known, document_id=slug(path, path.parent), fallback_title=path.name)


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
    taken: dict[str, Path] = {}
    for path, root in find_files(paths):
        substitute = (instead or {}).get(path.resolve())
        try:
            read = read_substitute(substitute, max_bytes=max_bytes) if substitute else _read(path, root, max_bytes)
            document = _unique(read, path, root, taken)
        except DocumentError as error:
            yield Skipped(substitute.path if substitute else path, str(error))
            continue
        taken[document.id] = path
        yield document


def _unique(document: Document, path: Path, root: Path, taken: dict[str, Path]) -> Document:
    if document.id not in taken:
        return document
    if document.id != slug(path, root):
        raise DocumentError(
            f"Its id {document.id!r} is already that of {taken[document.id]}.", "Give each document an id of its own."
        )
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:8]
    return replace(document, metadata=replace(document.metadata, id=f"{document.id}-{digest}"))


def _read(path: Path, root: Path, max_bytes: int) -> Document:
    parsed = _parse(_suffix(path), _bytes(path, max_bytes))
    return assemble(
        parsed, document_id=slug(path, root), fallback_title=path.stem.replace("_", " ").strip() or path.name
    )


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
        size = path.stat().st_size
        if size > max_bytes:
            raise DocumentError(
                f"It has {size / _MIB:.1f} MiB, more than the {max_bytes / _MIB:.1f} MiB that are allowed.",
                "Split it, or raise RDHY_QA_MAX_FILE_MB.",
            )
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(
            f"It can't be opened: {error.strerror or error}.", "Check the path and its permissions."
        ) from error
    if not data.strip():
        raise DocumentError("It is empty.", "Add text to it, or remove it from the folder.")
    return data


def _parse(suffix: str, data: bytes) -> Parsed:
    # Each format's libraries are loaded with the first file that needs them.
    if suffix == ".pdf":
        from rdhy_qa.documents.pdf import parse_pdf

        return parse_pdf(data)
    if suffix in (".html", ".htm"):
        from rdhy_qa.documents.html import parse_html

        return parse_html(data)
    if suffix in (".md", ".markdown"):
        from rdhy_qa.documents.markdown import parse_markdown

        return parse_markdown(decode(data))
    from rdhy_qa.documents.plain_text import parse_plain_text

    return parse_plain_text(decode(data))
