"""The commands put together, and what becomes of their errors."""

import contextlib
import io
import logging
import os
import sys
import traceback
from importlib.metadata import version
from typing import Annotated

import typer

from rdhy_qa.cli import ask, doctor, evaluate, fetch, gaps, index, ingest, keys, mcp, replay, search, serve
from rdhy_qa.cli.output import examples
from rdhy_qa.errors import RdhyQaError, UsageError

_DEBUG = "--debug"
_NO_MEMORY = ("allocate memory", "Failed to allocate", "bad_alloc")

app = typer.Typer(
    name="rdhy-qa",
    # Plain help reads well in every terminal, keeps the examples' lines, and starts fast.
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog=ingest.EXAMPLES)(ingest.ingest)
app.command(epilog=fetch.EXAMPLES)(fetch.fetch)
app.command(epilog=ask.EXAMPLES)(ask.ask)
app.command(epilog=search.EXAMPLES)(search.search)
app.add_typer(index.app, name="index")
app.add_typer(evaluate.app, name="eval")
app.add_typer(keys.app, name="keys")
app.command(epilog=serve.EXAMPLES)(serve.serve)
app.command(epilog=mcp.EXAMPLES)(mcp.mcp)
app.command(epilog=gaps.EXAMPLES)(gaps.gaps)
app.command(epilog=replay.EXAMPLES)(replay.replay)
app.command(epilog=doctor.EXAMPLES)(doctor.doctor)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rdhy-qa {version('rdhy-qa')}")
        raise typer.Exit


@app.callback(
    invoke_without_command=True,
    epilog=examples(
        "rdhy-qa ingest corpus",
        'rdhy-qa ask "Who won Benchmark Innovators?"',
    ),
)
def _root(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
    _debug: Annotated[bool, typer.Option(_DEBUG, help="Show where an error comes from.")] = False,
) -> None:
    """Answer questions from documents, with a citation for each statement."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command; the exit code is 0, or 2 for bad usage or input, or 1 for a failure."""
    _prepare_streams()
    debug, arguments = _take_debug(arguments)
    _quieten_libraries(debug)
    try:
        code = app(arguments, prog_name="rdhy-qa", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if debug:
            traceback.print_exc()
        with contextlib.suppress(BrokenPipeError):
            typer.echo(f"error: {_one_line(error, debug)}", err=True)
        return _exit_code(error)
    return code if isinstance(code, int) else 0


def _quieten_libraries(debug: bool) -> None:
    """Leave what libraries log to --debug: what users need to know comes as a result or an error."""
    handler = logging.StreamHandler()
    # On the handler: some libraries set a level of their own on their loggers.
    handler.setLevel(logging.WARNING if debug else logging.CRITICAL)
    logging.basicConfig(handlers=[handler])


def _take_debug(arguments: list[str]) -> tuple[bool, list[str]]:
    """Let --debug stand anywhere among the options: people add it at the end of the command that failed."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = [argument for argument in arguments[:end] if argument != _DEBUG]
    return len(options) < end, [*options, *arguments[end:]]


def _one_line(error: Exception, debug: bool) -> str:
    if _out_of_memory(error):
        return "There is not enough memory. End other programs, or run it where there is more."
    if isinstance(error, RdhyQaError):
        return str(error)
    if isinstance(error, typer.TyperException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "rdhy-qa"
        return f"{error.format_message().rstrip('.')}. See {command} --help."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}. Check the path and its permissions."
    message = " ".join(f"{type(error).__name__}: {error}".split())
    step = "Report it." if debug else f"Run it again with {_DEBUG}, and report what it shows."
    return f"Unexpected {message.rstrip('.')}. {step}"


def _out_of_memory(error: BaseException | None) -> bool:
    """Whether memory ran out: libraries say so in words of their own, and it may pass for another fault on its way."""
    while error is not None:
        if isinstance(error, MemoryError) or any(said in str(error) for said in _NO_MEMORY):
            return True
        error = error.__cause__
    return False


def _exit_code(error: Exception) -> int:
    if isinstance(error, typer.TyperException):
        return error.exit_code
    return 2 if isinstance(error, UsageError) else 1


def _prepare_streams() -> None:
    """Files and pipes get UTF-8; a terminal keeps its encoding. Nothing that can't be written is an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


def _drop_output() -> None:
    """Nobody reads the output any more: keep the interpreter from complaining when it flushes on exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
