"""``rdhy-qa serve``."""

import socket
from typing import Annotated, Any

import typer

from rdhy_qa.cli.options import IndexOption
from rdhy_qa.cli.output import examples
from rdhy_qa.errors import RdhyQaError
from rdhy_qa.settings import load_settings

_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        name: {"handlers": ["stderr"], "level": "INFO", "propagate": False} for name in ("uvicorn", "rdhy_qa_api")
    },
}
_SECONDS_TO_FINISH = 10

EXAMPLES = examples(
    "rdhy-qa serve",
    "rdhy-qa serve --index index --host 0.0.0.0 --port 8080",
)


def serve(
    index: IndexOption = None,
    host: Annotated[str, typer.Option("--host", metavar="HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
) -> None:
    """Answer over HTTP.

    It starts without an index as well, and takes up each one that becomes active.
    """
    settings = load_settings(index=index)
    try:
        import uvicorn

        from rdhy_qa_api.app import create_app
    except ModuleNotFoundError as error:
        raise RdhyQaError(
            f"Serving needs the package {error.name}.", "Install it: pip install 'rdhy-qa[api]'"
        ) from error
    config = uvicorn.Config(
        create_app(settings),
        log_config=_LOGGING,
        server_header=False,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )
    with _listen(host, port) as listening:
        typer.echo(_welcome(host, listening.getsockname()[1]))
        try:
            uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:
            raise typer.Exit(0) from None


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
