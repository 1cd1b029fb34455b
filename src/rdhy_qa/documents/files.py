"""Which files of a folder are documents, what they are called, and whether they changed."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from rdhy_qa.errors import NotFoundError

SUFFIXES = frozenset((".md", ".markdown", ".html", ".htm", ".pdf", ".txt", ".text"))
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def find_files(paths: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """Ingestable files as ``(file, root)``, each once, folders in sorted order.

    Hidden files and folders, README.md and other suffixes are passed over, except where a file is named itself.

    Raises:
        NotFoundError: when a path does not exist.

    """
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise NotFoundError(f"{path} does not exist.", "Name an existing file or folder.")
        root = path if path.is_dir() else path.parent
        for file in _walk(path) if path.is_dir() else [path]:
            resolved = file.resolve()
            if resolved not in seen:
                seen.add(resolved)
                yield file, root


def _walk(folder: Path) -> Iterator[Path]:
    files = (file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    for file in sorted(files, key=lambda file: file.relative_to(folder).as_posix()):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if not hidden and file.name.lower() != "readme.md":
            yield file


def fingerprints(paths: Iterable[Path]) -> list[tuple[str, int, str]]:
    """Relative path, size in bytes and SHA-256 of each ingestable file; nothing is parsed.

    Equal lists mean that reading the paths again gives the same documents.
    """
    found = []
    for file, root in find_files(paths):
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        found.append((file.relative_to(root).as_posix(), file.stat().st_size, digest))
    return found


def slug(path: Path, root: Path) -> str:
    """Id of a file by its place: ``posts/Post 4.txt`` becomes ``posts-post-4``.

    Where letters have no ASCII form, a digest keeps different names apart.
    """
    name = path.relative_to(root).with_suffix("").as_posix() if path.is_relative_to(root) else path.stem
    folded = "".join(
        character
        for character in unicodedata.normalize("NFKD", name.casefold())
        if not unicodedata.combining(character)
    )
    short = _NOT_SLUG.sub("-", folded).strip("-")
    if short and not any(character.isalnum() and not character.isascii() for character in folded):
        return short
    digest = hashlib.sha256(unicodedata.normalize("NFC", name).encode()).hexdigest()[:8]
    return f"{short or 'document'}-{digest}"
