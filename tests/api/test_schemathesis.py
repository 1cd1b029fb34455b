"""The running service against its own OpenAPI description, with requests that schemathesis makes up from it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import requests
import schemathesis
import schemathesis.checks as conformance
from hypothesis import HealthCheck, settings
from schemathesis import Case, CheckContext, Response

from rdhy_qa.journal import keys
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.scopes import Scope
from rdhy_qa.settings import load_settings
from rdhy_qa_api.app import create_app
from rdhy_qa_api.operations import routes as operations

CASES = 2_000
EVENTS = "text/event-stream"

made: Counter[str] = Counter()
schema = schemathesis.openapi.from_dict(create_app(load_settings(index=Path("nowhere"))).openapi())


@pytest.fixture(scope="module")
def service(serve, index: Path) -> Iterator[httpx.Client]:
    """The real engine on a small index, with limits that nobody comes to."""
    limits = {"rate_limit": "1000000/second", "key_rate_limit": "1000000/second", "max_waiting": 1000}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "_PAUSE_SECONDS", 0.01)
        with serve(create_app(load_settings(index=index, **limits))) as client:
            yield client


@pytest.fixture(scope="module")
def administrator() -> dict[str, str]:
    """Header of a key that may do everything."""
    database = Database.open(load_settings().database)
    key = keys.create(database, "schemathesis", list(Scope))
    database.close()
    return {"Authorization": f"Bearer {key.text}"}


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Connections that are kept: thousands of new ones would take the ports of the machine."""
    with requests.Session() as kept:
        kept.trust_env = False
        yield kept


def documented_status(_: CheckContext, response: Response, case: Case) -> None:
    """Each status stands in the description by its number: "any other failure" does not count."""
    known = schema.raw_schema["paths"][case.operation.path]
    documented = set(case.operation.definition.raw["responses"]) if case.method.lower() in known else {"405"}
    assert str(response.status_code) in documented, (response.status_code, response.text)


CHECKS = [
    documented_status,
    schemathesis.checks.not_a_server_error,
    *(
        getattr(conformance, name)
        for name in (
            "allow_header_conformance",
            "content_type_conformance",
            "response_headers_conformance",
            "response_schema_conformance",
            "unsupported_method",
        )
    ),
]


@schema.parametrize()
@settings(max_examples=160, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_request_fails_or_gets_an_undocumented_reply(
    case: Case, service: httpx.Client, administrator: dict[str, str], session: requests.Session
):
    made[case.operation.label] += 1
    headers = dict(administrator) if made.total() % 2 else {}
    if made.total() % 3 == 0:
        headers["Accept"] = EVENTS
    response = case.call(base_url=str(service.base_url), headers=headers, session=session)
    case.validate_response(response, checks=CHECKS)


def test_the_description_is_the_running_service_s_own(service: httpx.Client):
    assert service.get("/openapi.json").json() == schema.raw_schema


def test_the_cases_were_many(capsys: pytest.CaptureFixture[str]):
    with capsys.disabled():
        print(f"\n{made.total():,} cases on {len(made)} operations")  # noqa: T201
    if len(made) == sum(1 for _ in schema.get_all_operations()):
        assert made.total() >= CASES
