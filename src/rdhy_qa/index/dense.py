"""The dense index: inner products of unit vectors, by FAISS; exact for a small index, approximate for a large one.

Up to ``EXACT_UP_TO`` passages every vector is compared. Beyond, an inverted file reads only those lists of vectors that
are nearest to the question, has one byte a number and stays on disk, memory-mapped; what it finds is scored anew with
the whole vectors, which lie beside it. An HNSW graph is twice as fast at about the same recall (.7 ms for .975, here
1.7 ms for .982, among 100,000 vectors on one core), but takes 20 s to build where this takes one or two, and an index
is built anew with every change of the corpus: so it depends on the vectors alone, not on those that were there before.
"""

import os
import weakref
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
import numpy.typing as npt

from rdhy_qa.index.manifest import DenseSearch
from rdhy_qa.index.rows import RowArray
from rdhy_qa.models.embedder import FloatArray

EXACT_UP_TO = 100_000
"""Passages up to which all vectors are compared: 15 ms on two cores, a small share of a question's time."""

# Beside dense.faiss, for an approximate index only.
VECTORS = "vectors.npy"
# Of what lies near a passage or a sentence, eight lists hold .99; of what lies near a question about other matters than
# the passages, far fewer. Nothing that is at hand when an index is built resembles such questions, so the number is
# fixed, by measurement with 500 of them (benchmarks/growth.py); what a build measures only proves the index whole.
_LISTS = 1024
_VECTORS_A_LIST = 200  # where that makes fewer lists: the fewer vectors, the larger the share of them to look at
_PROBES = 128
# FAISS warns below 39 vectors a list; more than 64 take longer and change nothing that can be measured.
_TRAINED_WITH = 64
_ROUNDS = 10
# Filters that leave so few passages are answered from the whole vectors.
_EXACT_ROWS = 1_000
# Candidates that are scored anew, for each that is wanted: bytes alone lose .015 of the ten nearest in a million.
_SPARE = 2
_NEAREST = 10
_SAMPLE = 256
_BLOCK = 65_536


class DenseIndex:
    """One unit vector a passage; rows are passage rows."""

    def __init__(self, index: faiss.Index, vectors: FloatArray | None, how: DenseSearch) -> None:
        """Wrap a FAISS index and, where it is approximate, the vectors; use ``build`` or ``load``."""
        self._index: Any = index  # FAISS adds to its classes at run time what their stubs do not have
        self._vectors = vectors
        self._file: int | None = None
        self.how = how

    @classmethod
    def build(cls, vectors: FloatArray, questions: FloatArray | None = None, *, exact_up_to: int = EXACT_UP_TO) -> Self:
        """Index unit vectors.

        Args:
            vectors: float32 of shape (passages, dimension); they may be mapped from a file.
            questions: Unit vectors that resemble those of questions, with which an approximate index is measured; some
                of the passages' own where there are none.
            exact_up_to: So many vectors are searched exactly.

        """
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        if len(vectors) <= exact_up_to:
            index = faiss.IndexFlatIP(vectors.shape[1])
            index.add(vectors)
            return cls(index, None, DenseSearch(kind="exact"))
        samples = vectors if questions is None or not len(questions) else questions
        return cls._approximate(vectors, _spread(samples, _SAMPLE))

    @classmethod
    def _approximate(cls, vectors: FloatArray, samples: FloatArray) -> Self:
        """Divide the vectors into lists, and measure which share of the nearest is found."""
        lists = max(1, min(_LISTS, len(vectors) // _VECTORS_A_LIST))
        index: Any = faiss.index_factory(vectors.shape[1], f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
        index.nprobe = min(_PROBES, lists)
        index.cp.niter = _ROUNDS
        index.train(_spread(vectors, _TRAINED_WITH * lists))
        for first in range(0, len(vectors), _BLOCK):
            index.add(vectors[first : first + _BLOCK])
        how = DenseSearch(kind="approximate", lists=lists, probes=index.nprobe)
        built = cls(index, vectors, how)
        nearest = faiss.knn(samples, vectors, _NEAREST, metric=faiss.METRIC_INNER_PRODUCT)[1]
        found = [built.search(sample, _NEAREST)[1] for sample in samples]
        recall = float(np.mean([np.isin(*pair).mean() for pair in zip(nearest, found, strict=True)]))
        return cls(index, vectors, how.model_copy(update={"recall": round(recall, 4)}))

    @classmethod
    def load(cls, path: Path, how: DenseSearch) -> Self:
        """Read what ``save`` wrote; an approximate index stays on disk until it is used."""
        if how.kind == "exact":
            return cls(faiss.read_index(str(path)), None, how)
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC | faiss.IO_FLAG_READ_ONLY)
        loaded = cls(index, np.load(path.with_name(VECTORS), mmap_mode="r"), how)
        # Open as long as the index is, like the mapped files: a generation may be deleted while it serves.
        loaded._file = os.open(path.with_name(VECTORS), os.O_RDONLY)
        weakref.finalize(loaded, os.close, loaded._file)
        return loaded

    def save(self, path: Path) -> None:
        """Write the index to a file, and the vectors beside it where it is approximate and they don't lie there yet."""
        # By a stream of our own: where FAISS opens the file, it keeps to itself that a full disk refused the end of it.
        with path.open("wb") as stream:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(stream.write))  # type: ignore[attr-defined]
        beside = path.with_name(VECTORS)
        if self._vectors is not None and not beside.exists():
            np.save(beside, self._vectors)

    def __len__(self) -> int:
        """Return the number of vectors."""
        return int(self._index.ntotal)

    def vectors(self, first: int = 0, end: int | None = None) -> FloatArray:
        """Vectors of passages that follow one another, or all, float32 of shape (passages, dimension)."""
        if self._vectors is not None:
            return self._vectors[first:end]
        stored: FloatArray = self._index.reconstruct_n(first, (len(self) if end is None else end) - first)
        return stored

    def search(self, query: FloatArray, k: int, rows: RowArray | None = None) -> tuple[FloatArray, RowArray]:
        """Find the k passages nearest to a unit vector of shape (dimension,), best first; fewer if there are no more.

        Args:
            query: The question's vector.
            k: How many passages to find.
            rows: Where given, only these passages are considered.

        Returns:
            Cosine similarities and rows.

        """
        k = min(k, len(self) if rows is None else len(rows))
        if k == 0:
            return np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int64)
        if self._vectors is None:
            return self._candidates(query, k, rows)
        if rows is None or len(rows) > _EXACT_ROWS:
            rows = self._candidates(query, min(_SPARE * k, len(self)), rows)[1]
        rows = np.sort(rows[rows >= 0])
        scores = self._whole(rows) @ query
        best = np.argsort(-scores, kind="stable")[:k]
        return scores[best], rows[best]

    def _candidates(self, query: FloatArray, k: int, rows: RowArray | None) -> tuple[FloatArray, RowArray]:
        """What FAISS finds; its approximate search gives -1 for rows that it has too few of."""
        options: dict[str, Any] = {}
        if rows is not None:
            bitmap = self._bitmap(rows)  # FAISS keeps only a pointer to it
            options["sel"] = faiss.IDSelectorBitmap(len(self), faiss.swig_ptr(bitmap))
        if self._vectors is None:
            parameters = faiss.SearchParameters(**options) if options else None
        else:
            # Where a filter leaves a tenth of the passages, ten times as many lists hold as many of them.
            widened = self._index.nprobe * len(self) // (len(self) if rows is None else len(rows))
            options["nprobe"] = min(widened, self._index.nlist)
            parameters = faiss.SearchParametersIVF(**options)
        scores, found = self._index.search(query.reshape(1, -1), k, params=parameters)
        return scores[0], found[0]

    def _whole(self, rows: RowArray) -> FloatArray:
        """Vectors of some rows, read from the file: mapped, each would bring its neighbours into memory."""
        if self._file is None or not isinstance(self._vectors, np.memmap):
            return np.asarray(self._vectors)[rows]
        read = np.empty((len(rows), self._vectors.shape[1]), dtype=np.float32)
        for place, row in enumerate(rows.tolist()):
            os.preadv(self._file, [read[place]], self._vectors.offset + row * read.strides[0])
        return read

    def _bitmap(self, rows: RowArray) -> npt.NDArray[np.uint8]:
        chosen = np.zeros(len(self), dtype=bool)
        chosen[rows] = True
        return np.packbits(chosen, bitorder="little")


def _spread(vectors: FloatArray, number: int) -> FloatArray:
    """So many of the vectors, evenly over all: the same ones in every build."""
    rows = np.linspace(0, len(vectors) - 1, min(number, len(vectors))).astype(np.int64)
    return np.ascontiguousarray(vectors[rows])
