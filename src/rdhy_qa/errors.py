"""Every error that rdhy-qa raises on purpose.

The tree::

    RdhyQaError
    ├── UsageError              the caller's input or settings are wrong (exit code 2, HTTP 4xx)
    │   ├── SettingsError       a setting has a bad value
    │   ├── QuestionError       a question is empty, too long or holds control characters
    │   ├── CatalogueError      sources.toml is missing or wrong
    │   └── NotFoundError       a document, generation, answer or key that does not exist
    ├── GateError               a new generation answers worse than the baseline; the one before still serves
    ├── DocumentError           one file can't be read; the rest of the folder still is
    ├── GenerationError             an index can't be used
    │   ├── NoIndexError        there is no active generation
    │   ├── DamagedIndexError   a checksum or a file is not what the manifest says
    │   ├── ForeignIndexError   built by a newer version, or not by rdhy-qa
    │   ├── StaleIndexError     built with another model than the settings name
    │   ├── IndexLockedError    another ingest is writing
    │   └── UnavailableIndexError   the index lies in Milvus, which does not answer
    ├── FetchError              an original could not be fetched; the others still are
    │   └── RefusedError        its address, a redirect or robots.txt rules that out
    ├── OriginalsError          the folder of originals can't be used
    ├── DatabaseError           the database of journal, feedback and keys can't be used
    ├── BusyError               more questions are under way than the service takes at once
    └── ModelError              a model's files are missing or altered, or it can't be loaded or exported

Each message is one line that says what is wrong, and ``next_step`` says what to do about it.
"""


class RdhyQaError(Exception):
    """Root of all errors raised on purpose: a message and a next step."""

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}"


class UsageError(RdhyQaError):
    """The caller's input or settings are wrong."""


class SettingsError(UsageError):
    """A setting has a bad value or an unknown name."""


class QuestionError(UsageError):
    """A question is empty, too long or holds control characters."""


class CatalogueError(UsageError):
    """``sources.toml`` is missing or wrong."""


class NotFoundError(UsageError):
    """A document, generation, answer or API key that does not exist."""


class GateError(RdhyQaError):
    """A new generation answers worse than the baseline, so it does not serve."""


class DocumentError(RdhyQaError):
    """One file can't be read."""


class GenerationError(RdhyQaError):
    """An index can't be used."""


class NoIndexError(GenerationError):
    """There is no active generation."""


class DamagedIndexError(GenerationError):
    """A file of a generation is missing or differs from its checksum."""


class ForeignIndexError(GenerationError):
    """A generation that this version can't read."""


class StaleIndexError(GenerationError):
    """A generation built with another model than the settings name."""


class IndexLockedError(GenerationError):
    """Another process is writing the index."""


class UnavailableIndexError(GenerationError):
    """The index lies in Milvus, and that does not answer, or answers with an error."""


class FetchError(RdhyQaError):
    """An original could not be fetched."""


class RefusedError(FetchError):
    """An original may not be fetched: its address, a redirect or robots.txt rules that out."""


class OriginalsError(RdhyQaError):
    """The folder of originals can't be used."""


class DatabaseError(RdhyQaError):
    """The database of journal, feedback and API keys can't be used."""


class BusyError(RdhyQaError):
    """More questions are under way than the service takes at once."""


class ModelError(RdhyQaError):
    """A model's files are missing or altered, or it can't be loaded or exported."""
