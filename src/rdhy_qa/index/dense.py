"""The dense index: exact inner products of unit vectors, by FAISS."""

from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from rdhy_qa.index.store import RowArray
from rdhy_qa.models.embedder import FloatArray


class DenseIndex:
    """One unit vector a passage; rows are passage rows."""

    def __init__(self, index: faiss.Index) -> None:
        """Wrap a FAISS index; use ``build`` or ``load``."""
        self._index = index

    @classmethod
    def build(cls, vectors: FloatArray) -> "DenseIndex":
        """Index unit vectors, float32 of shape (passages, dimension)."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> "DenseIndex":
        """Read what ``save`` wrote."""
        return cls(faiss.read_index(str(path)))

    def save(self, path: Path) -> None:
        """Write the index to a file."""
        # By a stream of our own: where FAISS opens the file, it keeps to itself that a full disk refused the end of it.
        with path.open("wb") as stream:
            writer = faiss.PyCallbackIOWriter(stream.write)  # type: ignore[attr-defined]  # added by faiss at run time
            faiss.write_index(self._index, writer)

    def __len__(self) -> int:
        """Return the number of vectors."""
        return int(self._index.ntotal)

    def vectors(self) -> FloatArray:
        """All vectors, float32 of shape (passages, dimension)."""
        stored: FloatArray = self._index.reconstruct_n(0, len(self))
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
        parameters = None
        if rows is not None:
            bitmap = self._bitmap(rows)  # FAISS keeps only a pointer to it
            selector = faiss.IDSelectorBitmap(len(self), faiss.swig_ptr(bitmap))
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # added by faiss at run time
        scores, found = self._index.search(query.reshape(1, -1), k, params=parameters)
        return scores[0], found[0]

    def _bitmap(self, rows: RowArray) -> npt.NDArray[np.uint8]:
        chosen = np.zeros(len(self), dtype=bool)
        chosen[rows] = True
        return np.packbits(chosen, bitorder="little")
