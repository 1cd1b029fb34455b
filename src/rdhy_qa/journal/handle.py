"""A database that may be away: opened when it is first needed, and tried anew when that failed."""

import threading
import time

from rdhy_qa.errors import DatabaseError
from rdhy_qa.journal.database import Database

_PAUSE_SECONDS = 1.0
"""For so long after a failure nobody else waits for the same one."""


class DatabaseHandle:
    """Opens its database once, for all threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._database: Database | None = None
        self._failed: tuple[float, DatabaseError] | None = None

    def get(self) -> Database:
        """The open database.

        Raises:
            DatabaseError: when it can't be opened now.
        """
        return self._database or self._open()

    def close(self) -> None:
        """Close the database, if it was opened."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _open(self) -> Database:
        with self._lock:
            if self._database is not None:
                return self._database
            if self._failed and time.monotonic() - self._failed[0] < _PAUSE_SECONDS:
                error = self._failed[1]
                raise DatabaseError(error.message, error.next_step)
            try:
                self._database = Database.open(self._url)
            except DatabaseError as error:
                self._failed = time.monotonic(), error
                raise
            return self._database
