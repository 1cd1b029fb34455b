"""``rdhy-qa doctor``."""

import platform
import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from rdhy_qa.cli.finding import Finding
from rdhy_qa.cli.options import IndexOption
from rdhy_qa.cli.output import counted, examples
from rdhy_qa.errors import NoIndexError, RdhyQaError, UsageError
from rdhy_qa.settings import Settings, load_settings

if TYPE_CHECKING:
    from rdhy_qa.llm.client import Endpoint

_PACKAGES = ("rdhy-qa", "onnxruntime", "tokenizers", "faiss-cpu", "numpy", "pydantic")
_SERVICE_PACKAGES = ("fastapi", "uvicorn")
_INGEST_PACKAGES = ("sentence-transformers", "torch", "onnx")
_MIB = 2**20
_LITTLE_SPACE = 1024 * _MIB
_NO_SPACE = 100 * _MIB

_LLM = "RDHY_QA_LLM_"
_FEW_TOKENS = 16

_Check = Callable[[Settings], Finding]

EXAMPLES = examples(
    "rdhy-qa doctor",
    "rdhy-qa doctor --index index",
    "rdhy-qa doctor --url https://qa.example.org",
)


def doctor(
    index: IndexOption = None,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="Check a running service from outside instead.")
    ] = None,
    origin: Annotated[
        str | None, typer.Option("--origin", metavar="ORIGIN", help="With --url: may pages of this origin ask it?")
    ] = None,
) -> None:
    """Check the installation, the model, the index and the corpus, or a running service.

    Prints ok, warn or fail for each; the exit code is 1 when something fails.
    """
    if origin is not None and url is None:
        raise UsageError("--origin asks a running service.", "Name it: --url URL")
    failed = False
    for name, finding in _look(index) if url is None else _look_from_outside(url, origin):
        failed = failed or finding.status == "fail"
        colour = {"ok": typer.colors.GREEN, "warn": typer.colors.YELLOW, "fail": typer.colors.RED}[finding.status]
        typer.secho(f"{finding.status:<5}", fg=colour, nl=False)
        typer.echo(f"{name}: {finding.detail}")
    if failed:
        raise typer.Exit(1)


def _look(index: Path | None) -> Iterator[tuple[str, Finding]]:
    settings = load_settings(index=index)
    for name, check in _CHECKS.items():
        yield name, _run(check, settings)


def _look_from_outside(url: str, origin: str | None) -> Iterator[tuple[str, Finding]]:
    from rdhy_qa.cli.proxy_check import look

    return look(url, origin)


def _run(check: _Check, settings: Settings) -> Finding:
    try:
        return check(settings)
    except NoIndexError as error:
        return Finding("warn", str(error))
    except RdhyQaError as error:
        return Finding("fail", str(error))
    except OSError as error:
        return Finding("fail", f"{error.strerror or error}: {error.filename}.")
    except Exception as error:  # the other checks still have something to say
        return Finding("fail", f"Unexpected {type(error).__name__}: {error}")


def _packages(_: Settings) -> Finding:
    found = [f"Python {platform.python_version()}"]
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            return Finding("fail", f"{package} is not installed. Install it: pip install rdhy-qa")
    return Finding("ok", ", ".join(found))


def _service_packages(_: Settings) -> Finding:
    return _extra(_SERVICE_PACKAGES, "serve", "api")


def _model(settings: Settings) -> Finding:
    """Look for the embedder; only building an index needs it."""
    packages = _extra(_INGEST_PACKAGES, "ingest", "ingest")
    if packages.status != "ok":
        return packages
    from rdhy_qa.models.embedder import model_fingerprint

    fingerprint = model_fingerprint(settings.embedder)[:12]
    return Finding("ok", f"{settings.embedder}, fingerprint {fingerprint}, {packages.detail}")


def _reader(settings: Settings) -> Finding:
    """Look for the reader, and whether the index was built with it in mind."""
    from rdhy_qa.index import places
    from rdhy_qa.models.reader import load_reader, reader_fingerprint

    load_reader(settings.reader, settings.threads)
    fingerprint = reader_fingerprint(settings.reader)
    if places.open_active(settings.index).manifest.built.reader != fingerprint:
        return Finding("warn", f"{settings.reader} is not the index's reader. Build it again: rdhy-qa ingest")
    return Finding("ok", f"{settings.reader}, fingerprint {fingerprint[:12]}")


def _extra(packages: tuple[str, ...], command: str, extra: str) -> Finding:
    try:
        return Finding("ok", ", ".join(f"{package} {version(package)}" for package in packages))
    except PackageNotFoundError as error:
        return Finding("warn", f"{error.name} is not installed; `{command}` needs it: pip install 'rdhy-qa[{extra}]'")


def _index(settings: Settings) -> Finding:
    from rdhy_qa.index import places

    manifest = places.verify(settings.index, places.active_id(settings.index))
    places.open_active(settings.index, embedder=settings.embedder).load().close()
    counts = f"{counted(manifest.counts.documents, 'document')}, {counted(manifest.counts.passages, 'passage')}"
    return Finding("ok", f"generation {manifest.id} in {places.shown(settings.index)} is whole: {counts}")


def _llm(settings: Settings) -> Finding:
    """Ask the language model for a word, where one is configured."""
    if settings.llm_base_url is None:
        return Finding("ok", "none is configured; answers are in the documents' own words")
    from rdhy_qa.llm.client import Endpoint, Unavailable

    endpoint = Endpoint.configured(settings)
    address = urlsplit(settings.llm_base_url)
    without_login = address._replace(netloc=address.netloc.rpartition("@")[2]).geturl()
    where = f"{endpoint.model} at {without_login}"
    try:
        said = "".join(endpoint.write([{"role": "user", "content": "Say yes."}], tokens=_FEW_TOKENS))
    except Unavailable as reason:
        return Finding("fail", f"{where} does not answer: {reason}.{_known(endpoint)} Start it, or correct {_LLM}*.")
    return Finding("ok", f"{where} says {said.strip()[:20]!r}")


def _known(endpoint: "Endpoint") -> str:
    """Which models the endpoint has, where the one that is wanted is not among them."""
    from rdhy_qa.llm.client import Unavailable

    try:
        models = endpoint.models()
    except Unavailable:
        return ""
    return "" if endpoint.model in models else f" It has {', '.join(models[:3]) or 'no model'}."


def _corpus(settings: Settings) -> Finding:
    from rdhy_qa.documents.reading import Skipped, read_paths

    if not settings.corpus.exists():
        return Finding("warn", f"{settings.corpus} does not exist; only `ingest` needs it. Set RDHY_QA_CORPUS.")
    read = list(read_paths([settings.corpus], max_bytes=settings.max_file_mb * _MIB))
    skipped = [one for one in read if isinstance(one, Skipped)]
    if skipped:
        return Finding("warn", f"{len(skipped)} of {len(read)} can't be read, {skipped[0].path}: {skipped[0].reason}")
    if not read:
        return Finding("warn", f"{settings.corpus} holds no documents. Add some, or set RDHY_QA_CORPUS.")
    return Finding("ok", f"{counted(len(read), 'document')} in {settings.corpus}")


def _space(settings: Settings) -> Finding:
    from rdhy_qa.index.milvus.address import address_of, in_milvus

    index = address_of(settings.index).folder if in_milvus(settings.index) else settings.index
    folder = index.resolve()
    free = shutil.disk_usage(next(one for one in (folder, *folder.parents) if one.exists())).free
    detail = f"{free / _MIB / 1024:.1f} GiB free for {index}"
    if free < _NO_SPACE:
        return Finding("fail", f"{detail}. Make room, or set RDHY_QA_INDEX.")
    return Finding("warn" if free < _LITTLE_SPACE else "ok", detail)


_CHECKS: dict[str, _Check] = {
    "packages": _packages,
    "service": _service_packages,
    "model": _model,
    "reader": _reader,
    "index": _index,
    "corpus": _corpus,
    "llm": _llm,
    "space": _space,
}
