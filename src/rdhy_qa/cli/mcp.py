"""``rdhy-qa mcp``."""

import signal

from rdhy_qa.cli.options import IndexOption
from rdhy_qa.cli.output import examples
from rdhy_qa.errors import RdhyQaError
from rdhy_qa.settings import load_settings

EXAMPLES = examples("rdhy-qa mcp --index index")


def mcp(index: IndexOption = None) -> None:
    """Answer an MCP client, which starts this command itself.

    They speak over standard input and output. It starts without an index as
    well, and takes up each one that becomes active.
    """
    settings = load_settings(index=index)
    try:
        import anyio

        from rdhy_qa_api.mcp.server import serve_stdio
    except ModuleNotFoundError as error:
        raise RdhyQaError(
            f"Answering MCP clients needs the package {error.name}.", "Install it: pip install 'rdhy-qa[api]'"
        ) from error
    # What waits for input is a thread that an interrupt would not wake; and there is nothing to be tidied up.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    anyio.run(serve_stdio, settings)
