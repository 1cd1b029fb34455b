"""What tests of several packages share: one export of the embedder, which takes seconds; servers; disks."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import settings

from rdhy_qa.index.milvus.address import Address
from rdhy_qa.models.embedder import SentenceTransformerEmbedder

# How long an example takes says something of the machine, and nothing of the program.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def one_export(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Export each embedder once in the run."""
    made = tmp_path_factory.mktemp("exports")
    export = SentenceTransformerEmbedder.export

    def export_once(embedder: SentenceTransformerEmbedder, folder: Path) -> None:
        kept = made / embedder.fingerprint
        if not kept.exists():
            export(embedder, kept)
        shutil.copytree(kept, folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SentenceTransformerEmbedder, "export", export_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def database_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what the tests ask out of the working folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RDHY_QA_DATABASE", f"sqlite:///{tmp_path_factory.mktemp('database') / 'rdhy-qa.sqlite'}")
        yield


class PostgreSQL:
    """A server of its own on a free port of loopback, with its files in a temporary folder."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._folder = Path(tempfile.mkdtemp(prefix="rdhy-qa-postgresql-"))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        # It refuses to run as root, and then may not look into root's folders.
        self._user: list[str] = []
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            user = "postgres" if "postgres" in names else "nobody"
            shutil.chown(self._folder, user)
            self._user = ["runuser", "-u", user, "--"]
        (self._folder / "password").write_text("secret")
        (self._folder / "password").chmod(0o644)
        self._run("initdb", "-U", "tester", "-A", "scram-sha-256", "--pwfile", self._folder / "password", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} -F"
        self._run("pg_ctl", "start", "-w", "-l", self._folder / "log", "-o", options)

    def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        self._run("pg_ctl", "stop", "-w", "-m", "fast")

    def url(self, database: str = "postgres", *, login: str = "tester:secret") -> str:
        """Address of a database."""
        return f"postgresql://{login}@127.0.0.1:{self.port}/{database}"

    def create(self) -> str:
        """Make an empty database, and return its address."""
        name = f"d{uuid.uuid4().hex}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Do something as the owner."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)

    def remove(self) -> None:
        """Stop it and remove its files."""
        self.stop()
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: object) -> None:
        command = [*self._user, str(self._binaries / program), "-D", str(self._folder / "data"), *map(str, arguments)]
        # What a server prints would keep a pipe open for as long as it runs.
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server, where one is installed. Debian keeps its programs out of the search path."""
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *map(Path, os.environ["PATH"].split(os.pathsep))]
    binaries = next((place for place in places if (place / "initdb").exists()), None)
    if binaries is None:
        pytest.skip("PostgreSQL is not installed; scripts/install-test-services installs it")
    server = PostgreSQL(binaries)
    yield server
    server.remove()


@pytest.fixture
def certificate(tmp_path: Path) -> Callable[[int], dict[str, str]]:
    """Makes a certificate that is valid for so many days; the options by which a server uses it."""

    def make(days: int) -> dict[str, str]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=days, hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        (tmp_path / "certificate").write_bytes(made.public_bytes(pem))
        (tmp_path / "key").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        return {"ssl_certfile": str(tmp_path / "certificate"), "ssl_keyfile": str(tmp_path / "key")}

    return make


class Disk:
    """A file system of its own that can be filled up, and made read-only."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        folder.mkdir()
        options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs"]
        try:
            subprocess.run(["mount", *options, folder], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("it takes the right to mount a file system, which root has outside of containers")

    @property
    def used(self) -> int:
        """Bytes that are taken."""
        return shutil.disk_usage(self.folder).used

    @contextmanager
    def filled(self, *, but: int = 0) -> Iterator[None]:
        """Leave room for so many bytes."""
        filler = self.folder / "filler"
        with filler.open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, shutil.disk_usage(self.folder).free - but)
        try:
            yield
        finally:
            filler.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Let nobody write, not even root."""
        subprocess.run(["mount", "-o", "remount,ro", self.folder], check=True)
        try:
            yield
        finally:
            subprocess.run(["mount", "-o", "remount,rw", self.folder], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Disk]]:
    """Makes a disk of so many megabytes."""
    made: list[Path] = []

    def make(megabytes: int) -> Disk:
        one = Disk(tmp_path / "disk", megabytes)
        made.append(one.folder)
        return one

    yield make
    for folder in made:
        # Lazily: files of an index stay mapped until the collector comes by.
        subprocess.run(["umount", "--lazy", folder], check=True)


class Lite:
    """A server of Milvus Lite that can be killed and started again on the same port with the same data."""

    def __init__(self, program: str, data: Path) -> None:
        self._program = program
        self._data = data
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        command = [self._program, "server", "--data-dir", str(self._data), "--host", "127.0.0.1"]
        self._process = subprocess.Popen(
            [*command, "--port", str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        pytest.fail("Milvus Lite did not start")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def hang(self) -> None:
        """Let it hold its connections, and answer nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def index(self, name: str) -> Path:
        """An index there, as a setting."""
        return Path(f"milvus://127.0.0.1:{self.port}/{name}")

    def address(self, name: str) -> Address:
        return Address("127.0.0.1", self.port, name)


@pytest.fixture(scope="session")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lite]:
    pytest.importorskip("pymilvus", reason="pymilvus is not installed; the extra milvus has it")
    program = shutil.which("milvus-lite", path=str(Path(sys.executable).parent)) or shutil.which("milvus-lite")
    if program is None:
        pytest.skip("milvus-lite is not installed; it serves Milvus in tests")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        server = Lite(program, tmp_path_factory.mktemp("milvus"))
        yield server
        server.kill()
