"""The reference retailer as a program: the protocol in JSON lines, without a network."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from conformance.retailers.command_driver import CommandDriver
from conformance.retailers.protocol import CAPABILITIES
from conformance.retailers.reference.__main__ import serve
from conformance.retailers.reference.driver import Driver
from tests.conformance.retailers.reference.world import ANNA, JURIS, PROFILE, PROVIDER, VERSIONS, Retailer, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HELLO = {
    "protocol": 1,
    "endpoints": {"message_service": "http://127.0.0.1:9/dit/v1-2/MessageService/plain", "ftps": None},
    "security": "off",
    "credentials": {"user": "dit-100777", "password": ""},
    "authority": "100777",
    "provider": {"name": "Paraugs Enerģija", "registration_number": PROVIDER},
    "channels": {name.value: version for name, version in VERSIONS.items()},
    "schemas": {},
    "profile": str(PROFILE.path),
}


@pytest.fixture
def program(tmp_path: Path) -> Iterator[CommandDriver]:
    driver = CommandDriver([sys.executable, "-m", "conformance.retailers.reference"], directory=tmp_path, timeout=60)
    yield driver
    driver.close()


def test_a_conversation(program: CommandDriver) -> None:
    hello = program.ask("hello", **HELLO, something_of_a_later_version=True)
    assert hello.ok
    assert hello.fields["name"] == "aldis-conformance reference retailer"
    assert set(hello.fields["can"]) <= set(CAPABILITIES)
    assert program.ask("reset").ok
    assert program.ask("now", at="2026-04-01T10:00:00+03:00").ok
    assert program.ask("apply", events=[{"kind": "contract.new", "contract": "0007", **paper()}]).ok
    bill = {"contract": "0007", "invoice": "R-1", "date": "2026-04-01", "net": "50.00", "vat": "10.50"}
    assert program.ask("bill", period="2026-03", invoices=[bill]).fields == {"lines": []}
    assert program.ask("status", contract="0007").fields == {"due": "0.00", "carried": "0.00", "granted": "0.00"}
    assert program.ask("frobnicate").unsupported


def test_what_does_not_fit_is_an_error_answer_with_its_reason(program: CommandDriver) -> None:
    answer = program.ask("apply", events=[{"kind": "contract.end", "contract": "Līgums 9", "valid_to": "2026-03-31"}])
    assert answer.error == "BusinessError: contract.end: there is no contract 'Līgums 9'"
    assert program.ask("exchange", channels=["contract"]).error == (
        "BusinessError: exchange before hello: the endpoints of DIT are not known"
    )
    assert "security" in (program.ask("hello", **(HELLO | {"security": "username"})).error or "")
    assert program.ask("reset").ok
    program.close()
    assert program.log.count("BusinessError: ") == 3


def conversation(*requests: dict[str, Any]) -> list[dict[str, Any]]:
    answers = io.StringIO()
    driver = Driver()
    lines = [json.dumps({"id": number, **each}) + "\n" for number, each in enumerate(requests, start=1)]
    serve(driver, [*lines[:1], "\n", *lines[1:]], answers)
    if requests[-1]["do"] != "bye":
        driver.bye()
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_every_answer_repeats_the_id() -> None:
    assert conversation({"do": "reset"}, {"do": "status", "contract": "1"}, {"do": "bye"}) == [
        {"id": 1, "ok": True},
        {"id": 2, "error": "BusinessError: there is no contract '1'"},
        {"id": 3, "ok": True},
    ]


def test_nothing_but_requests_can_be_called() -> None:
    assert conversation({"do": "clock"}, {"do": "_hang_up"}, {"do": None}) == [
        {"id": number, "unsupported": True} for number in (1, 2, 3)
    ]


def test_saying_hello_again_hangs_up_the_earlier_line() -> None:
    with Retailer() as retailer:
        retailer.signs(code=JURIS)
        retailer.driver.hello(
            endpoints={"message_service": "http://127.0.0.1:9/"},
            credentials={"user": "u", "password": None},
            provider=HELLO["provider"],  # type: ignore[arg-type]
            channels=HELLO["channels"],  # type: ignore[arg-type]
            profile=str(PROFILE.path),
        )
        assert retailer.dit.calls == ["close"]
        assert retailer.driver.store.customers.contract("0007") is not None


def test_without_a_told_time_the_machines_clock_is_used() -> None:
    driver = Driver()
    assert driver.clock().tzinfo is not None
    driver.now(at="2026-03-02T10:00:00+02:00")
    assert driver.clock().isoformat() == "2026-03-02T10:00:00+02:00"
    driver.bye()


def test_the_books_outlive_the_program(tmp_path: Path) -> None:
    books = tmp_path / "books.sqlite"
    for expected in (None, "0007"):
        driver = Driver(books)
        found = driver.store.customers.contract("0007")
        assert (found.number if found else None) == expected
        if not found:
            driver.apply(events=[{"kind": "contract.new", "contract": "0007", **paper(ANNA)}])
        driver.bye()
