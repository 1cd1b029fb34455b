"""The examples of docs/connect-a-client.md, run against the real service."""

import contextlib
import io
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import typer

from rdhy_qa.cli.app import app
from rdhy_qa.settings import Settings, load_settings
from rdhy_qa_api.app import create_app

PAGE = (Path(__file__).parents[2] / "docs" / "connect-a-client.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"


def blocks(language: str) -> list[str]:
    """The code blocks of the page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def real(serve, index: Path) -> Iterator[httpx.Client]:
    """A client of a service with the real engine on a small index."""
    with serve(create_app(load_settings(index=index))) as client:
        yield client


def asking_of(client: httpx.Client, code: str) -> str:
    """The code, with its question for the index at hand, and for the service at hand."""
    assert ADDRESS in code
    own = str(client.base_url).rstrip("/")
    return code.replace(ADDRESS, own).replace(
        "Who won Benchmark Innovators?", "Which organisations won the benchmark prize?"
    )


@pytest.mark.parametrize("code", blocks("python"))
def test_each_python_example_prints_the_answer(real: httpx.Client, code: str):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(asking_of(real, code), "docs/connect-a-client.md", "exec"), {})
    assert "Raízen (Brazil) [" in printed.getvalue()


@pytest.mark.parametrize("code", blocks("sh"))
def test_each_shell_example_gets_the_answer(real: httpx.Client, code: str):
    curl, silent, url, header, named, data, body = shlex.split(asking_of(real, code).replace("\\\n", " "))
    assert (curl, silent, header, data) == ("curl", "-s", "-H", "-d")
    reply = real.post(url, content=body, headers=dict([named.split(": ")])).json()
    assert "Raízen (Brazil) [" in reply["choices"][0]["message"]["content"]


def test_configurations_name_commands_options_settings_and_addresses_that_exist(real: httpx.Client):
    entries = [json.loads(code)["mcpServers"]["rdhy-qa"] for code in blocks("json")]
    (process,) = [entry for entry in entries if "command" in entry]
    name, option, _ = process["args"]
    command = typer.main.get_command(app).commands[name]
    assert option in {known for parameter in command.params for known in parameter.opts}
    assert set(process["env"]) <= {f"RDHY_QA_{field.upper()}" for field in Settings.model_fields}
    (remote,) = [entry for entry in entries if "url" in entry]
    assert real.get(remote["url"].removeprefix(ADDRESS)).headers["allow"] == "POST"


def test_the_tools_and_their_arguments_are_those_of_the_page():
    from rdhy_qa_api.mcp.tools import TOOLS

    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", PAGE, re.MULTILINE)
    documented = {name: re.findall(r"`(\w+)`", arguments) for name, arguments in rows}
    assert {name: sorted(arguments) for name, arguments in documented.items()} == {
        name: sorted(tool.arguments.model_fields) for name, tool in TOOLS.items()
    }
