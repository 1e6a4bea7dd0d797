"""A person as the driver: instructions in Latvian or English, and a question when each is done."""

from __future__ import annotations

import io

import pytest

from conformance.retailers.opening import ManualDriver
from conformance.retailers.protocol import EVENT_KINDS, REQUESTS, DriverError

HOLDER = {"code": "010180-00012", "given_name": "Anna", "surname": "Bērziņa"}
PLACE = {"text": "Paraugu iela 1, Paraugciems", "code": None}
EVENT = {
    "contract": "0012345678",
    "metering_point": "43Z-STO00000001Y",
    "address": PLACE,
    "holder": HOLDER,
    "person": HOLDER,
    "valid_from": "2026-03-01",
    "valid_to": None,
}


def driver(answers: str, lang: str = "en") -> tuple[ManualDriver, io.StringIO]:
    output = io.StringIO()
    return ManualDriver(lang=lang, answers=io.StringIO(answers), output=output), output


def test_enter_means_done_and_anything_else_what_went_wrong() -> None:
    person, _ = driver("\n-\nthe server is down\n")
    assert person.ask("exchange", channels=["contract"]).ok
    assert person.ask("exchange", channels=["contract"]).unsupported
    assert person.ask("exchange", channels=["contract"]).error == "the server is down"


def test_when_nobody_answers_any_more() -> None:
    person, _ = driver("")
    with pytest.raises(DriverError, match="the input has ended"):
        person.ask("reset")


def test_hello_tells_where_to_connect_and_asks_for_the_name() -> None:
    person, output = driver("Manis\n")
    hello = person.ask(
        "hello",
        endpoints={"message_service": "http://127.0.0.1:8080/dit", "sts": None},
        channels={"contract": "URN:IVIS:100001:CHA-X-v1-0-TYPE-DSK"},
        credentials={"user": "paraugs"},
        provider={"registration_number": "40009990008"},
    )
    assert hello.fields["name"] == "Manis"
    assert "clock" not in hello.fields["can"]
    for text in ("http://127.0.0.1:8080/dit", "URN:IVIS:100001:CHA-X-v1-0-TYPE-DSK", "paraugs", "40009990008"):
        assert text in output.getvalue()
    assert "sts" not in output.getvalue()


@pytest.mark.parametrize("lang", ["lv", "en"])
@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_every_event_can_be_told(kind: str, lang: str) -> None:
    person, output = driver("\n", lang)
    assert person.ask("apply", events=[{"kind": kind, **EVENT}]).ok
    assert "0012345678" in output.getvalue()
    assert "{" not in output.getvalue()


@pytest.mark.parametrize("lang", ["lv", "en"])
def test_bills_and_credit_notes_are_told(lang: str) -> None:
    person, output = driver("\n\n", lang)
    invoice = {"invoice": "R-1", "contract": "1", "date": "2026-03-31", "net": "35.40", "vat": "7.43"}
    assert person.ask("bill", period="2026-03", invoices=[invoice, {**invoice, "invoice": "K-1", "reverses": "R-1"}]).ok
    printed = output.getvalue()
    assert "35.40" in printed
    assert "K-1" in printed
    assert "2026-03" in printed


def test_every_request_of_the_protocol_is_known() -> None:
    person, output = driver("\n" * 20)
    fields = {"channels": ["payout"], "period": "2026-03", "contract": "1", "at": "2026-03-01T10:00:00+02:00"}
    for do in REQUESTS:
        assert person.ask(do, **({} if do == "hello" else fields)).ok
    assert "{" not in output.getvalue()
    person.close()
