"""Which originals ``ingest`` is to read in the place of our files, as ``sources.toml`` says."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rdhy_qa.documents.encoding import decode
from rdhy_qa.documents.front_matter import split_front_matter
from rdhy_qa.documents.substitutes import Substitute
from rdhy_qa.errors import DocumentError, OriginalsError
from rdhy_qa.sources.catalogue import NAME, Source, load_catalogue
from rdhy_qa.sources.keeping import Copy, is_whole, read_state

_RIGHTS = "The original's own text; all rights in it belong to its author and publisher."


@dataclass(frozen=True, slots=True)
class Preferred:
    """The originals that are preferred."""

    instead: dict[Path, Substitute] = field(default_factory=dict)
    """What is read in the place of a file, by the file's resolved path."""
    added: list[Path] = field(default_factory=list)
    """Originals of which we have no file of our own; each is in ``instead``, too."""
    missing: list[str] = field(default_factory=list)
    """Ids of sources whose original is preferred, but not held."""


def preferred(paths: Iterable[Path], originals: Path) -> Preferred:
    """Look up what the catalogues in these folders prefer, and whether it is held.

    Raises:
        CatalogueError: when a catalogue is wrong.

    """
    found = Preferred()
    for corpus in (path for path in paths if (path / NAME).is_file()):
        for source in load_catalogue(corpus).sources:
            if source.prefer == "original":
                _add(found, source, corpus, originals / source.id)
    return found


def _add(found: Preferred, source: Source, corpus: Path, folder: Path) -> None:
    copied = _held(source, folder)
    if copied is None:
        found.missing.append(source.id)
        return
    original, ours = folder / copied.file, corpus / source.path
    declared = front_matter(ours) if source.stands_for_it else {}
    if declared is None:  # reading it says what is wrong
        return
    substitute = Substitute(original, _metadata(source, copied, declared), copied.charset)
    if not (source.stands_for_it and ours.is_file()):
        found.added.append(original)
        ours = original
    found.instead[ours.resolve()] = substitute


def _held(source: Source, folder: Path) -> Copy | None:
    """The copy that is held of a source, if it is the one of the address that the catalogue has now."""
    try:
        copied = read_state(folder).held
    except OriginalsError:
        return None
    return copied if copied and copied.address == source.address and is_whole(folder, copied) else None


def _metadata(source: Source, copied: Copy, declared: dict[str, object]) -> dict[str, object]:
    """What is known of the document: what our file says of it, but for what is true of a digest only.

    Where it says no kind or series there is none: what filters go by is not for a page of somebody else to say.
    """
    known = {"id": source.id, "title": source.title, "url": source.address, "kind": "document", "series": None}
    language = {"language": copied.language} if copied.language else {}
    return known | declared | language | {"original": True, "available": True, "rights": _RIGHTS}


def front_matter(path: Path) -> dict[str, object] | None:
    """What a file of ours says of its original; nothing where there is no such file, None where it can't be read."""
    try:
        return split_front_matter(decode(path.read_bytes()))[0]
    except FileNotFoundError:
        return {}
    except (OSError, DocumentError):
        return None
