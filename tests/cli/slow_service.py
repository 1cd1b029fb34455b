"""Serve, as ``rdhy-qa serve`` does, an engine whose answers never end."""

import socket
import time
from collections.abc import Iterator
from types import SimpleNamespace

from rdhy_qa.contracts import AskRequest
from rdhy_qa.events import Event, Status
from rdhy_qa.settings import load_settings
from rdhy_qa_api import streaming
from rdhy_qa_api.app import create_app
from rdhy_qa_api.operations import serving


class SlowEngine:
    """Writes for ever."""

    generation = SimpleNamespace(manifest=SimpleNamespace(id="000000000001"))

    def ask_stream(self, request: AskRequest) -> Iterator[Event]:
        while True:
            yield Status(stage="writing")
            time.sleep(0.01)

    def reload(self) -> bool:
        return False

    def documents(self) -> list[object]:
        return []


if __name__ == "__main__":
    streaming._SECONDS_TO_FINISH = 0.5
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)  # noqa: T201
        app = create_app(load_settings(), engine=SlowEngine())
        serving.alone(app, listening)
