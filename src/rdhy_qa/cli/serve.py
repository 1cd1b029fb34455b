"""``rdhy-qa serve``."""

import signal
import socket
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from rdhy_qa.cli.options import IndexOption
from rdhy_qa.cli.output import examples
from rdhy_qa.errors import RdhyQaError
from rdhy_qa.settings import load_settings

EXAMPLES = examples(
    "rdhy-qa serve",
    "rdhy-qa serve --index index --host 0.0.0.0 --port 8080",
    "rdhy-qa serve --workers 4",
)


def serve(
    index: IndexOption = None,
    host: Annotated[str, typer.Option("--host", metavar="HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", min=1, max=64, help="Processes that answer, each with the index.")
    ] = 1,
) -> None:
    """Answer over HTTP.

    It starts without an index as well, and takes up each one that becomes active. SIGTERM and Ctrl-C let requests
    finish that are under way, for up to ten seconds; the second one ends it at once.
    """
    settings = load_settings(index=index)
    try:
        from rdhy_qa_api.app import create_app
        from rdhy_qa_api.operations import serving
    except ModuleNotFoundError as error:
        raise RdhyQaError(
            f"Serving needs the package {error.name}.", "Install it: pip install 'rdhy-qa[api]'"
        ) from error
    # With several workers each makes its own; this one shows now whether all settings are right.
    app = create_app(settings)
    with _listen(host, port) as listening:
        # To be told to end is met like Ctrl-C, before there is a server that knows better and after.
        signal.signal(signal.SIGTERM, _interrupt)
        typer.echo(_welcome(host, listening.getsockname()[1]))
        sys.stdout.flush()
        try:
            if workers == 1:
                serving.alone(app, listening)
            else:
                serving.together(settings, workers, listening)
        except KeyboardInterrupt:
            raise typer.Exit(0) from None


def _interrupt(_: int, __: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise RdhyQaError(
            f"Can't listen on {host} port {port}: {error.strerror}.", "Choose another --host or --port."
        ) from error


def _welcome(host: str, port: int) -> str:
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return (
        f"Answering at {address}. Ctrl-C stops it.\n\n"
        f"Ask in another terminal:\n"
        f"  curl -s {address}/v1/ask -H 'Content-Type: application/json' \\\n"
        f'       -d \'{{"question": "Who won Benchmark Innovators?"}}\'\n'
        f"Or look at {address}/v1/documents, {address}/readyz and\n"
        f"{address}/openapi.json.\n"
    )
