"""Serve, as ``rdhy-qa serve`` does, an engine that fails with all that it was told in its message."""

import socket
from types import SimpleNamespace
from typing import Any, NoReturn

from rdhy_qa.errors import NotFoundError
from rdhy_qa.settings import load_settings
from rdhy_qa_api.app import create_app
from rdhy_qa_api.operations import serving


class FailingEngine:
    """Knows no document, and fails at everything else."""

    generation = SimpleNamespace(manifest=SimpleNamespace(id="000000000001"))

    def ask(self, request: Any) -> NoReturn:
        raise RuntimeError(f"This can't be answered:\r\n{request!r}")

    ask_stream = search = ask

    def document(self, document_id: str) -> NoReturn:
        raise NotFoundError(f"There is no document {document_id!r}.", "List them at /v1/documents.")

    def reload(self) -> bool:
        return False

    def documents(self) -> list[object]:
        return []


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)  # noqa: T201
        serving.alone(create_app(load_settings(), engine=FailingEngine()), listening)
