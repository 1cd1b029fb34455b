"""Which files of a folder are documents, what they are called, and whether they changed."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from rdhy_qa.documents.substitutes import Substitute
from rdhy_qa.errors import NotFoundError

SUFFIXES = frozenset((".md", ".markdown", ".html", ".htm", ".pdf", ".txt", ".text"))
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_LONGEST_SLUG = 100


def find_files(paths: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """Ingestable files as ``(file, root)``, each once, folders in sorted order.

    Hidden files and folders, README.md and other suffixes are passed over, except where a file is named itself.
    A folder that can't be opened comes as itself, so that reading it says why its files are missing.

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
    closed: list[Path] = []
    files = []
    for inside, folders, names in os.walk(folder, onerror=lambda error: closed.append(Path(error.filename))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [Path(inside, name) for name in names if _is_document(Path(inside, name))]
    yield from sorted(files + closed, key=lambda file: file.relative_to(folder).as_posix())


def _is_document(file: Path) -> bool:
    wanted = file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.name.lower() != "readme.md"
    try:
        return wanted and file.is_file()
    except OSError:  # reading it says what is wrong
        return True


def fingerprints(
    paths: Iterable[Path], max_bytes: int, instead: Mapping[Path, Substitute] | None = None
) -> dict[Path, tuple[str, int, str]]:
    """Relative path, size in bytes and SHA-256 of each ingestable file, by the file; nothing is parsed.

    Where ``instead`` has something for a file, by its resolved path, size and digest are of that. What can't be opened
    has its error in place of the digest, and a file of more than ``max_bytes`` has nothing there: reading skips both,
    and what ``leads_out``.
    Equal ones in the same order mean that reading the paths again gives the same documents.
    """
    return {
        file: (
            shown(file.relative_to(root)),
            *_fingerprint_of(file, root, (instead or {}).get(file.resolve()), max_bytes),
        )
        for file, root in find_files(paths)
    }


def _fingerprint_of(file: Path, root: Path, substitute: Substitute | None, max_bytes: int) -> tuple[int, str]:
    if substitute is None:
        return (0, "leads out") if leads_out(file, root) else _fingerprint(file, max_bytes)
    size, digest = _fingerprint(substitute.path, max_bytes)
    return size, substitute.fingerprint(digest)


def _fingerprint(file: Path, max_bytes: int) -> tuple[int, str]:
    try:
        with file.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            return size, hashlib.file_digest(stream, "sha256").hexdigest() if size <= max_bytes else ""
    except OSError as error:
        return 0, f"unreadable: {error.strerror}"


def leads_out(file: Path, root: Path) -> bool:
    """Whether a file is a link to something outside of the folder that it was found in.

    Whoever may add a file to a folder could publish by it what only the program may read.
    """
    return file.is_symlink() and not file.resolve().is_relative_to(root.resolve())


def shown(path: Path) -> str:
    """A path in characters that can be stored, and that no terminal acts upon; file names may hold any bytes."""
    name = os.fsencode(path.as_posix()).decode(errors="replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in name)


def slug(path: Path, root: Path) -> str:
    """Id of a file by its place: ``posts/Post 4.txt`` becomes ``posts-post-4``.

    Where letters have no ASCII form, and in the place of what is too long, a digest keeps different names apart.
    """
    name = path.relative_to(root).with_suffix("").as_posix() if path.is_relative_to(root) else path.stem
    folded = "".join(
        character
        for character in unicodedata.normalize("NFKD", name.casefold())
        if not unicodedata.combining(character)
    )
    short = _NOT_SLUG.sub("-", folded).strip("-")
    whole = len(short) <= _LONGEST_SLUG and not any(one.isalnum() and not one.isascii() for one in folded)
    if short and whole:
        return short
    digest = hashlib.sha256(unicodedata.normalize("NFC", name).encode(errors="surrogateescape")).hexdigest()[:8]
    return f"{short[:_LONGEST_SLUG] or 'document'}-{digest}"
