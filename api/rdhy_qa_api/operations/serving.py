"""Running the service: in this process, or in workers that this process watches over."""

import os
import signal
import sys
import tempfile
import threading
from multiprocessing import connection, parent_process
from socket import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from rdhy_qa.errors import RdhyQaError
from rdhy_qa.settings import Settings
from rdhy_qa_api.app import create_app
from rdhy_qa_api.operations import logs
from rdhy_qa_api.operations.metrics import FOLDER

_SECONDS_TO_FINISH = 10
# Loading the index on a busy machine may keep a worker from saying that it is alive, but not for so long.
_SECONDS_TO_ANSWER = 30


def alone(app: FastAPI, listening: socket) -> None:
    """Serve in this process."""
    _Server(_config(app)).run(sockets=[listening])


def together(settings: Settings, workers: int, listening: socket) -> None:
    """Serve in worker processes; one that dies is replaced.

    Raises:
        RdhyQaError: when workers can't start, or when they were not allowed to finish.
    """
    # Workers read their settings from the environment, as this process has.
    os.environ["RDHY_QA_INDEX"] = str(settings.index)
    with tempfile.TemporaryDirectory(prefix="rdhy-qa-metrics-") as folder:
        os.environ[FOLDER] = folder
        supervisor = _Supervisor(_config(f"{__name__}:make_worker_app", workers), sockets=[listening])
        supervisor.run()
    if any(worker.exitcode == STARTUP_FAILURE for worker in supervisor.processes):
        raise RdhyQaError("A worker could not start.", "The log says why.")
    if supervisor.signal_queue:
        raise RdhyQaError("Requests under way were cut off.", "Signal once, and they are finished.")


def make_worker_app() -> FastAPI:
    """Make the application of a worker, which ends when the process that watches over it is gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return create_app()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


def _config(app: FastAPI | str, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=workers,
        log_config=logs.configuration(terminal=sys.stderr.isatty()),
        # The application writes its own, which names nothing that a caller sent.
        access_log=False,
        server_header=False,
        # It would believe whatever calls from this machine; RDHY_QA_TRUSTED_PROXIES alone says whom to believe.
        proxy_headers=False,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
        timeout_worker_healthcheck=_SECONDS_TO_ANSWER,
    )


class _Server(uvicorn.Server):
    """Ends at once when it is told so twice."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal."""
        if self.should_exit:
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
        super().handle_exit(sig, frame)


class _Supervisor(Multiprocess):
    """Ends workers at once when it is told to end twice, and takes no connections that nobody would answer."""

    def terminate_all(self) -> None:
        """Let the workers end."""
        for listening in self.sockets:
            listening.close()
        super().terminate_all()

    def join_all(self) -> None:
        """Wait for the workers to end."""
        for worker in self.processes:
            while worker.process.is_alive():
                if self.signal_queue:
                    self._kill_all()
                worker.process.join(timeout=0.1)

    def _kill_all(self) -> None:
        for worker in self.processes:
            worker.process.kill()
