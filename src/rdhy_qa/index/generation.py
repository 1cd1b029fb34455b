"""One immutable build of the index, opened for reading."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

from rdhy_qa.contracts import Filters
from rdhy_qa.documents.document import Document, Metadata
from rdhy_qa.errors import DamagedIndexError, StaleIndexError
from rdhy_qa.index.dense import DenseIndex
from rdhy_qa.index.lexical import LexicalIndex
from rdhy_qa.index.manifest import DIGEST, EMBEDDER, MANIFEST, Manifest, mend, read_manifest, sum_file
from rdhy_qa.index.names import NameCounts
from rdhy_qa.index.sentence_vectors import SentenceVectors
from rdhy_qa.index.serving import Scored, Serving
from rdhy_qa.index.store import Store, StoredPassage
from rdhy_qa.index.vocabulary import Vocabulary
from rdhy_qa.index.words import PassageWords
from rdhy_qa.models.embedder import FloatArray
from rdhy_qa.models.query_encoder import QueryEncoder

STORE = "store.sqlite"
DENSE = "dense.faiss"
LEXICAL = "lexical"
SENTENCES = "sentences"
# Only the next build reads these.
WORDS = "words"
NAMES = "names.json"

# Hashing this much takes a tenth of a second; a larger generation is hashed by `verify` only, and on opening
# its files' sizes are compared.
_HASHED_ON_OPENING = 100 * 2**20


class Generation:
    """The parts of one generation; each is loaded when it is first used, or all at once by ``load``."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Take a folder that was checked; use ``open``."""
        self.folder = folder
        self.manifest = manifest

    @classmethod
    def open(cls, folder: Path, *, embedder: str | None = None) -> "Generation":
        """Check a generation and open it.

        Args:
            folder: Where it lies.
            embedder: Name of the embedder that it must have been built with; None where any will do.

        Raises:
            DamagedIndexError: if a file is missing or altered.
            ForeignIndexError: if another version of rdhy-qa wrote it.
            StaleIndexError: if it was built with an embedder of another name.

        """
        generation = cls(folder, read_manifest(folder))
        generation._check_files(hashed=generation.manifest.size <= _HASHED_ON_OPENING)
        model = generation.manifest.model
        if embedder not in (None, model.name):
            raise StaleIndexError(
                f"{folder} was built with the embedder {model.name}; the settings name {embedder}.",
                mend(folder),
            )
        return generation

    def load(self, before: Serving | None = None) -> Self:
        """Open all parts now: what serves must outlive its folder, which another process may prune.

        Args:
            before: A loaded generation. Its query encoder is taken over where it is the same one: the model is most of
                what loading costs, and memory for it would have to be found anew with every reload.

        Raises:
            DamagedIndexError: if a part can't be opened.

        """
        if before is not None and before.manifest.encoder_files == self.manifest.encoder_files:
            self.encoder = before.encoder
        try:
            _ = self.store, self.dense, self.lexical, self.sentences, self.encoder
        except MemoryError:
            self.close()
            self.verify()  # altered bytes may ask for any amount of memory
            raise
        except Exception as error:  # five libraries read the files, and each has its own errors for altered bytes
            self.close()
            reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
            raise DamagedIndexError(f"{self.folder} can't be opened: {reason}.", mend(self.folder)) from error
        return self

    @property
    def id(self) -> str:
        """The generation's id."""
        return self.manifest.id

    @cached_property
    def store(self) -> Store:
        """Documents and passages."""
        return Store(self.folder / STORE)

    @cached_property
    def dense(self) -> DenseIndex:
        """Vectors of the passages."""
        return DenseIndex.load(self.folder / DENSE, self.manifest.dense)

    @cached_property
    def lexical(self) -> LexicalIndex:
        """Words of the passages."""
        return LexicalIndex.load(self.folder / LEXICAL)

    @cached_property
    def sentences(self) -> SentenceVectors:
        """Vectors of the sentences."""
        return SentenceVectors.load(self.folder / SENTENCES)

    def words(self) -> PassageWords:
        """Read the words of the passages, for the next build."""
        return PassageWords.load(self.folder / WORDS)

    def names(self) -> NameCounts:
        """Read how the documents write their words, for the next build."""
        return NameCounts.load(self.folder / NAMES)

    @cached_property
    def encoder(self) -> QueryEncoder:
        """What makes vectors of questions, as the embedder made them of the passages."""
        return QueryEncoder.load(self.folder / EMBEDDER)

    def sentence_vectors(self, document_id: str, sentences: Sequence[int]) -> FloatArray:
        """Return unit vectors of some of a document's sentences, float32 of shape (sentences, dimension).

        Args:
            document_id: The document.
            sentences: Positions in ``Document.sentences``.

        """
        return self.sentences.of_document(self.store.first_passage(document_id), sentences)

    @property
    def vocabulary(self) -> Vocabulary:
        """The words of the passages."""
        return self.lexical.vocabulary

    def documents(self) -> tuple[Metadata, ...]:
        """Return the metadata of every document, in reading order."""
        return self.store.documents()

    def document(self, document_id: str) -> Document:
        """Return the whole document.

        Raises:
            NotFoundError: if there is no such document.

        """
        return self.store.document(document_id)

    def passages(self, rows: Sequence[int]) -> list[StoredPassage]:
        """Return the passages with these rows, in the order asked for."""
        return self.store.passages(rows)

    def candidates(self, question: str, vector: FloatArray, filters: Filters, depth: int) -> tuple[Scored, Scored]:
        """Find the passages nearest to a question by its vector and by its words, `depth` of each, best first.

        Returns:
            Scores and rows of the dense and of the lexical search.

        """
        rows = self.store.rows_for(filters)
        return self.dense.search(vector, depth, rows), self.lexical.search(question, depth, rows)

    def verify(self) -> None:
        """Compare every file with its checksum.

        Raises:
            DamagedIndexError: if a file is missing, altered or not of this generation.

        """
        self._check_files(hashed=True)

    def close(self) -> None:
        """Close the store."""
        if "store" in self.__dict__:
            self.store.close()

    def _check_files(self, *, hashed: bool) -> None:
        expected = self.manifest.files
        present = {name for name in files_in(self.folder) if name not in (MANIFEST, DIGEST)}
        for name in sorted(present ^ expected.keys()):
            problem = "does not belong there" if name in present else "is missing"
            raise DamagedIndexError(f"{self.folder / name} {problem}.", mend(self.folder))
        for name, file in expected.items():
            path = self.folder / name
            if path.stat().st_size != file.size or (hashed and sum_file(path) != file):
                raise DamagedIndexError(f"{path} is not what was written.", mend(self.folder))


def files_in(folder: Path) -> list[str]:
    """Paths of all files in a generation's folder, relative to it, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
