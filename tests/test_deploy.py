"""What lies in deploy/ names only what exists, and does what docs/deploy.md says of it, as far as that runs here."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

import httpx
import pytest
import typer
import yaml

from rdhy_qa.cli.app import app
from rdhy_qa.settings import Settings, load_settings
from rdhy_qa_api.app import create_app

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
PORT = 8000
STATE = "/var/lib/rdhy-qa"
VARIABLES = {f"RDHY_QA_{name.upper()}" for name in Settings.model_fields}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


def instructions() -> list[tuple[str, str]]:
    """Instructions of the Dockerfile with their arguments."""
    text = (DEPLOY / "Dockerfile").read_text()
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return [tuple(line.split(" ", 1)) for line in joined.splitlines() if line]


def stages() -> dict[str, list[tuple[str, str]]]:
    """Instructions of each stage by its name; the last one's is empty."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, rest in instructions():
        if name == "FROM":
            found[rest.partition(" AS ")[2]] = current = []
        current.append((name, rest))
    return found


def of(stage: str, instruction: str) -> list[str]:
    return [rest for name, rest in stages()[stage] if name == instruction]


def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def unit(name: str) -> list[str]:
    """Values of a key of the unit."""
    return re.findall(rf"^{name}=(.*)$", (DEPLOY / "rdhy-qa.service").read_text(), re.MULTILINE)


def check_command(words: list[str]) -> None:
    """Let the program read a command without running it: it refuses commands, options and values that it lacks."""
    command = typer.main.get_command(app).commands[words[0]]
    command.make_context(words[0], words[1:])


def endpoints() -> set[str]:
    return set(create_app(load_settings(index=Path("nowhere"))).openapi()["paths"])


def test_what_the_dockerfile_copies_is_there_and_in_its_context():
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    kept = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    for stage in stages():
        for rest in of(stage, "COPY"):
            *sources, _ = rest.split()
            if sources[0].startswith("--from="):
                assert sources[0].removeprefix("--from=") in stages()
            else:
                assert all((ROOT / source).exists() for source in sources), sources
                assert all(any(source.startswith(one) for one in kept) for source in sources), sources
    assert all((ROOT / one).exists() for one in kept)


def test_the_package_is_built_from_all_that_it_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    needed = [*wheel, project["project"]["readme"], *project["project"]["license-files"], "pyproject.toml"]
    copied = [source for rest in of("packages", "COPY") for source in rest.split()[:-1]]
    assert all(any(one.startswith(source) for source in copied) for one in needed), (needed, copied)


def test_only_the_stage_of_the_index_installs_what_building_an_index_needs():
    installed = {stage: re.findall(r"'\.\[([^]]*)\]'", " ".join(of(stage, "RUN"))) for stage in stages()}
    extras = {stage: {extra for group in groups for extra in group.split(",")} for stage, groups in installed.items()}
    assert all(found <= set(EXTRAS) for found in extras.values())
    assert extras["packages"] == {"api", "llm", "postgresql"}
    assert "ingest" in extras["index"]
    assert "torch" in " ".join(of("index", "RUN"))
    last = " ".join(rest for _, rest in stages()[""])
    assert "pip" not in last
    assert [rest for rest in of("", "COPY") if "--from=index" in rest] == ["--from=index /index /srv/rdhy-qa/index"]


def test_the_image_runs_commands_that_exist():
    for stage in stages():
        for run in of(stage, "RUN"):
            if run.startswith("rdhy-qa "):
                check_command(shlex.split(run)[1:])
    (entry,), (command,) = of("", "ENTRYPOINT"), of("", "CMD")
    assert yaml.safe_load(entry) == ["rdhy-qa"]
    check_command(yaml.safe_load(command))


def test_the_image_is_configured_by_settings_that_exist(monkeypatch: pytest.MonkeyPatch):
    pairs = dict(pair.split("=", 1) for rest in of("", "ENV") for pair in rest.split())
    for name, value in pairs.items():
        if name != "PATH":
            assert name in VARIABLES
            monkeypatch.setenv(name, value)
    assert load_settings().index == Path("/srv/rdhy-qa/index")
    assert load_settings().database.startswith(f"sqlite:///{STATE}/")
    assert of("", "VOLUME") == of("", "WORKDIR") == [STATE]


def test_the_image_runs_as_nobody_in_particular():
    (user,) = of("", "USER")
    assert int(user) >= 10_000
    assert f"--uid {user} --home-dir {STATE} --create-home" in " ".join(of("", "RUN"))


def test_the_image_asks_for_its_health_where_it_listens():
    assert of("", "EXPOSE") == [str(PORT)]
    (command,) = of("", "CMD")
    assert f'"--port", "{PORT}"' in command
    (health,) = of("", "HEALTHCHECK")
    script = yaml.safe_load(health.partition("CMD ")[2])[2]
    assert f"'127.0.0.1', {PORT}," in script
    assert re.search(r"'GET', '([^']*)'", script)[1] in endpoints()


@pytest.mark.parametrize(("index", "code"), [(True, 0), (False, 1)])
def test_the_health_check_tells_a_service_that_answers_from_one_that_does_not(
    index: bool, code: int, tmp_path: Path, request: pytest.FixtureRequest
):
    folder = request.getfixturevalue("small_index") if index else tmp_path
    (health,) = of("", "HEALTHCHECK")
    script = yaml.safe_load(health.partition("CMD ")[2])[2]
    with served(tmp_path, folder) as port:
        asked = [sys.executable, "-c", script.replace(str(PORT), str(port))]
        assert subprocess.run(asked).returncode == code
    assert subprocess.run(asked, stderr=subprocess.DEVNULL).returncode == 1


@pytest.fixture(scope="session")
def small_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of one document."""
    from rdhy_qa.index.builder import ingest

    folder = tmp_path_factory.mktemp("deploy")
    (folder / "prizes.md").write_text("---\nid: prizes\ntitle: Prizes\nkind: post\n---\n\nSINA won the prize.\n")
    ingest([folder / "prizes.md"], settings=load_settings(index=folder / "index"))
    return folder / "index"


def test_compose_runs_the_image_within_bounds():
    service = compose()["services"]["rdhy-qa"]
    context = DEPLOY / service["build"]["context"]
    assert (context / service["build"]["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    assert set(service["build"]["args"]) == {rest.rstrip("=") for rest in of("index", "ARG")}
    check_command(service["command"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    # The workers keep their figures in a temporary folder.
    assert service["tmpfs"] == ["/tmp"]
    assert f"data:{STATE}" in service["volumes"]
    assert service["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert service["command"][service["command"].index("--port") + 1] == str(PORT)


def test_compose_names_nothing_that_is_not_there():
    whole = compose()
    text = (DEPLOY / "compose.yaml").read_text()
    for service in whole["services"].values():
        assert set(service["networks"]) <= set(whole["networks"])
        assert set(service.get("secrets", [])) <= set(whole["secrets"])
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in whole["volumes"] or source == "./models"
    assert set(re.findall(r"RDHY_QA_\w+", text)) <= VARIABLES


def test_compose_starts_database_and_language_model_only_when_asked_and_keeps_them_inside():
    whole = compose()
    assert {name: service.get("profiles") for name, service in whole["services"].items()} == {
        "rdhy-qa": None,
        "postgresql": ["postgresql"],
        "llm": ["llm"],
    }
    assert whole["networks"]["inside"] == {"internal": True}
    for name in ("postgresql", "llm"):
        assert whole["services"][name]["networks"] == ["inside"]
        assert "ports" not in whole["services"][name]


def test_the_guide_connects_the_parts_of_compose_by_their_names(monkeypatch: pytest.MonkeyPatch):
    whole = compose()["services"]
    guide = (ROOT / "docs" / "deploy.md").read_text()
    (database,) = re.findall(r"^RDHY_QA_DATABASE=(postgresql://\S*)$", guide, re.MULTILINE)
    given = whole["postgresql"]["environment"]
    assert re.fullmatch(rf"postgresql://{given['POSTGRES_USER']}:[^@]+@postgresql/{given['POSTGRES_DB']}", database)
    (address,) = re.findall(r"^RDHY_QA_LLM_BASE_URL=(http://llm\S*)$", guide, re.MULTILINE)
    command = whole["llm"]["command"]
    assert address == f"http://llm:{command[command.index('--port') + 1]}/v1"
    for line in re.findall(r"^RDHY_QA_\w+=.*$", guide, re.MULTILINE):
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, value)
    create_app(load_settings())


def test_the_unit_starts_a_command_that_exists(monkeypatch: pytest.MonkeyPatch):
    (start,) = unit("ExecStart")
    program, *words = shlex.split(start)
    assert Path(program).name == "rdhy-qa"
    check_command(words)
    for pair in unit("Environment"):
        name, _, value = pair.partition("=")
        assert name in VARIABLES
        assert STATE in value
        monkeypatch.setenv(name, value)
    load_settings()
    assert unit("StateDirectory") == [Path(STATE).name]
    assert unit("WorkingDirectory") == [STATE]


@pytest.fixture
def systemd(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs systemd-analyze on the unit, with this program in it."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    program = shlex.split(unit("ExecStart")[0])[0]
    text = (DEPLOY / "rdhy-qa.service").read_text().replace(program, str(Path(sys.executable).with_name("rdhy-qa")))
    (tmp_path / "rdhy-qa.service").write_text(text)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = ["systemd-analyze", *words, str(tmp_path / "rdhy-qa.service")]
        return subprocess.run(command, capture_output=True, text=True)

    return run


def test_systemd_understands_the_unit(systemd):
    checked = systemd("verify", "--man=no")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_systemd_finds_the_unit_well_confined(systemd):
    rated = systemd("security", "--offline=true").stdout
    assert float(re.search(r"exposure level for rdhy-qa.service: ([\d.]+)", rated)[1]) < 2


def streaming() -> set[str]:
    """Addresses whose replies may be streams."""
    paths = create_app(load_settings(index=Path("nowhere"))).openapi()["paths"]
    return {
        path
        for path, methods in paths.items()
        if any("text/event-stream" in one["responses"].get("200", {}).get("content", {}) for one in methods.values())
    }


def test_nginx_holds_no_stream_back_and_lets_no_caller_choose_its_address():
    text = (DEPLOY / "nginx.conf").read_text()
    (pattern,) = re.findall(r"location ~ (\S+) \{[^}]*proxy_buffering off;[^}]*gzip off;", text)
    assert {path for path in endpoints() if re.search(pattern, path)} == streaming()
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
    assert f"server 127.0.0.1:{PORT};" in text


def test_caddy_holds_no_stream_back():
    text = (DEPLOY / "Caddyfile").read_text()
    assert f"reverse_proxy 127.0.0.1:{PORT} {{" in text
    assert "flush_interval -1" in text


@contextmanager
def served(folder: Path, index: Path) -> Iterator[int]:
    """Run the service; its port."""
    command = [sys.executable, "-m", "rdhy_qa", "serve", "--port", "0", "--index", str(index)]
    environment = os.environ | {"RDHY_QA_TRUSTED_PROXIES": "127.0.0.1"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
    try:
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())[1])
        until_answered(f"http://127.0.0.1:{port}")
        yield port
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def until_answered(url: str, **options) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            assert httpx.get(f"{url}/healthz", trust_env=False, **options).json() == {"status": "ok"}
        except httpx.HTTPError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def proxied(url: str, *command: object, **environment: object) -> Iterator[None]:
    """Run a proxy until the block ends."""
    process = subprocess.Popen(
        [str(word) for word in command], env=os.environ | {name: str(value) for name, value in environment.items()}
    )
    try:
        until_answered(url, verify=False)
        yield
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
def test_a_real_nginx_with_this_configuration_passes_streams_on(
    tmp_path: Path, certificate, monkeypatch: pytest.MonkeyPatch
):
    files, port = certificate(60), free_port()
    with served(tmp_path, tmp_path) as upstream:
        text = (DEPLOY / "nginx.conf").read_text()
        text = re.sub(r"listen \[::\].*", "", text).replace("listen 443", f"listen 127.0.0.1:{port}")
        text = re.sub(r"(ssl_certificate) .*;", rf"\1 {files['ssl_certfile']};", text)
        text = re.sub(r"(ssl_certificate_key) .*;", rf"\1 {files['ssl_keyfile']};", text)
        text = text.replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{upstream}")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in kinds)
        (tmp_path / "nginx.conf").write_text(
            f"daemon off;\npid {tmp_path}/pid;\nerror_log {tmp_path}/error;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{temporary}{text}}}\n"
        )
        url = f"https://127.0.0.1:{port}"
        with proxied(url, "nginx", "-e", tmp_path / "error", "-c", tmp_path / "nginx.conf"):
            check_from_outside(url, files, monkeypatch)


@pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not installed")
def test_a_real_caddy_with_this_configuration_passes_streams_on(
    tmp_path: Path, certificate, monkeypatch: pytest.MonkeyPatch
):
    files, port = certificate(60), free_port()
    with served(tmp_path, tmp_path) as upstream:
        text = (DEPLOY / "Caddyfile").read_text().replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{upstream}")
        own = f"https://127.0.0.1:{port} {{\n\ttls {files['ssl_certfile']} {files['ssl_keyfile']}"
        text = text.replace("qa.example.org {", own, 1)
        (tmp_path / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + text)
        url = f"https://127.0.0.1:{port}"
        with proxied(url, "caddy", "run", "--config", tmp_path / "Caddyfile", HOME=tmp_path):
            check_from_outside(url, files, monkeypatch)


def check_from_outside(url: str, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the doctor look at it. There is no index, which is the one thing that it may find."""
    monkeypatch.setenv("SSL_CERT_FILE", files["ssl_certfile"])
    looked = subprocess.run(
        [sys.executable, "-m", "rdhy_qa", "doctor", "--url", url], capture_output=True, text=True, env=os.environ
    )
    found = [line.partition(":")[0] for line in looked.stdout.splitlines()]
    assert found == ["ok   reachable", "ok   tls", "fail ready", "ok   stream"], looked.stdout


def test_the_guide_names_each_file():
    guide = (ROOT / "docs" / "deploy.md").read_text()
    names = [path.name for path in DEPLOY.iterdir() if not fnmatch(path.name, "*.dockerignore")]
    assert all(name in guide for name in names)
