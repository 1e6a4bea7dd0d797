"""XML, DIT, ERR, DRV, DIS-04 and CAL-02: each fault is found by its own rule and by no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.documents.reading import read_document
from simulator.documents.writing import write_document, write_error_report
from simulator.domain.identifiers import synthetic_personal_code
from simulator.domain.model import ChannelName, Document, ErrorReport, Operation, RecordError, Severity
from tests.conformance.rules.builder import (
    ANNA,
    JANIS,
    NUMBER,
    PROFILE,
    Story,
    contract,
    grant,
    payout,
)


def sent(story: Story, data: bytes, channel: ChannelName = ChannelName.CONTRACT, **options: object) -> Story:
    with story.run(channel.value):
        story.fetch(channel.value)
        story.send_bytes(channel, data, **options)  # type: ignore[arg-type]
    return story


def written(story: Story, *, provider: str | None = None) -> bytes:
    return write_document(story.document(ChannelName.CONTRACT, "2026-03", (contract(),)), PROFILE)


def signed() -> Story:
    story = Story()
    story.sign()
    return story


# -- XML


@pytest.mark.parametrize("fault", [None, "invalid-payload"])
def test_invalid_by_schema(fault: str | None) -> None:
    story = signed()
    data = written(story).replace(b"0012345678", b"")
    sent(story, data, fault=fault)
    assert story.broken() == {"XML-01": 1}
    finding = story.verdicts()["XML-01"].breaches[0]
    assert finding.evidence[0].path is not None
    assert finding.evidence[0].excerpt is not None
    assert ("refused" in finding.message.in_language("en")) == (fault is not None)


@pytest.mark.parametrize("data", [b"", b"not xml", b"<a><b></a>", b"<!DOCTYPE a><a/>"])
def test_not_even_xml(data: bytes) -> None:
    assert sent(signed(), data).broken() == {"XML-01": 1}


def test_a_document_of_another_channel() -> None:
    story = signed()
    data = write_document(story.document(ChannelName.PAYOUT, "2026-03", ()), PROFILE)
    assert sent(story, data).broken() == {"DIT-10": 1}


def test_an_error_report_that_is_none() -> None:
    story = sent(Story(), b"<Error/>", ChannelName.DISCOUNT, related="00000000-0000-4000-8000-000000000009")
    assert story.broken() == {"XML-01": 1, "ERR-08": 1}


@pytest.mark.parametrize("encoding", ["windows-1257", "iso-8859-13"])
def test_another_encoding(encoding: str) -> None:
    story = signed()
    text = written(story).decode("utf-8").replace("encoding='UTF-8'", f'encoding="{encoding}"')
    assert sent(story, text.encode(encoding), fault="invalid-payload").broken() == {"XML-02": 1}


def test_another_encoding_that_nobody_declares() -> None:
    story = signed()
    text = written(story).decode("utf-8").replace("<?xml version='1.0' encoding='UTF-8'?>", "")
    assert sent(story, text.encode("windows-1257"), fault="invalid-payload").broken() == {"XML-02": 1}


def test_a_request_in_an_encoding_that_dit_does_not_know() -> None:
    story = signed()
    with story.run("contract"):
        story.fetch("contract")
        story.call("", fault="unsupported-charset", request=story.journal.keep(b"<?xml version='1.0'?><a/>"))
    assert story.broken() == {"XML-02": 1}


def test_the_record_count_is_wrong() -> None:
    story = signed()
    with story.run("contract"):
        story.fetch("contract")
        story.report(contract(), record_count=2)
    assert story.broken() == {"XML-03": 1}


# -- DIT


def waiting(count: int = 1) -> Story:
    story = Story().first_contract()
    for month in range(3, 3 + count):
        story.decide(f"2026-{month:02d}", grant())
    return story


def ids(story: Story) -> list[str]:
    return [waiting.message for waiting in story.mailbox]


def read_well(story: Story, message: str) -> None:
    story.receive(message)
    story.confirm(message)
    story.delete(message)


def test_a_good_run() -> None:
    story = waiting(2)
    with story.run("discount"):
        story.fetch("discount")
    assert story.broken() == {}
    for judged in ("DIT-01", "DIT-02", "DIT-03", "DIT-05", "DIT-06", "DIT-08", "DIT-09"):
        assert story.verdicts()[judged].checked > 0, judged


def test_only_the_first_of_a_list_is_read() -> None:
    story = waiting(2)
    first, second = ids(story)
    with story.run("discount"):
        story.list_messages("discount", first, second)
        read_well(story, first)
    with story.run("discount"):
        story.list_messages("discount", second)
        read_well(story, second)
    assert story.broken() == {"DIT-01": 1}


def test_only_the_first_of_a_list_is_ever_read() -> None:
    story = waiting(2)
    first, second = ids(story)
    with story.run("discount"):
        story.list_messages("discount", first, second)
        read_well(story, first)
    assert story.broken() == {"DIT-01": 1}


def test_read_and_not_deleted() -> None:
    story = waiting()
    (message,) = ids(story)
    with story.run("discount"):
        story.list_messages("discount", message)
        story.receive(message)
        story.confirm(message)
    assert story.broken() == {"DIT-02": 1}


def test_deleted_in_the_next_run_is_deleted() -> None:
    story = waiting()
    (message,) = ids(story)
    with story.run("discount"):
        story.list_messages("discount", message)
        story.receive(message)
        story.confirm(message)
    with story.run("discount"):
        story.delete(message)
        story.list_messages("discount")
    assert story.broken() == {}


def test_deleted_without_confirming() -> None:
    story = waiting()
    (message,) = ids(story)
    with story.run("discount"):
        story.list_messages("discount", message)
        story.receive(message)
        story.delete(message)
        story.call("ConfirmationAck", message_ids=(message,), fault="bad-status")
    assert story.broken() == {"DIT-03": 1, "DIT-11": 1}


def test_polled_again_at_once() -> None:
    story = waiting()
    with story.run("discount"):
        story.fetch("discount")
        story.list_messages("discount")
    assert story.broken() == {"DIT-04": 1}


def test_listed_twice_before_reading_is_only_polling_too_often() -> None:
    story = waiting()
    (message,) = ids(story)
    with story.run("discount"):
        story.list_messages("discount", message)
        story.list_messages("discount", message)
        read_well(story, message)
    assert story.broken() == {"DIT-04": 1}


def test_two_runs_within_minutes_are_the_suites_own_doing() -> None:
    story = waiting()
    with story.run("discount"):
        story.fetch("discount")
    with story.asked("exchange", channels=["discount"]):
        story.fetch("discount")
    assert story.broken() == {}
    assert story.verdicts()["DIT-04"].checked == 1


@pytest.mark.parametrize("fault", ["no-right", "unknown-channel-version", "channel-version-not-open"])
def test_a_version_without_access(fault: str) -> None:
    story = waiting()
    with story.run("discount"):
        story.call(
            "ReceiveMessageList", fault=fault, channel_version=PROFILE.channel(ChannelName.DISCOUNT).version_urn()
        )
    assert story.broken() == {"DIT-05": 1}


@pytest.mark.parametrize("fault", ["version-mismatch", "action-mismatch", "schema", "bad-selector", "malformed-xml"])
def test_a_call_that_is_none(fault: str) -> None:
    story = signed()
    with story.run("contract"):
        story.fetch("contract")
        story.call("", fault=fault)
    assert story.broken() == {"DIT-06": 1}


def test_trouble_of_the_state_is_nobodys_breach() -> None:
    story = signed()
    with story.run("contract"):
        story.fetch("contract")
        story.report(contract(), fault="storage-full")
    assert story.broken() == {}


def lost_read() -> tuple[Story, str]:
    story = waiting()
    (message,) = ids(story)
    with story.run("discount"):
        story.list_messages("discount", message)
        story.receive(message, lost=True)
    return story, message


def test_a_lost_read_is_recovered() -> None:
    story, message = lost_read()
    with story.run("discount"):
        story.list_messages("discount", message, read=True)
        story.restore(message)
        read_well(story, message)
    assert story.broken() == {}
    assert story.verdicts()["DIT-07"].checked == 1


@pytest.mark.parametrize("steps", ["", "delete", "receive", "restore receive", "list receive"])
def test_a_lost_read_is_not_recovered_as_prescribed(steps: str) -> None:
    story, message = lost_read()
    with story.run("discount"):
        if "list" in steps:
            story.list_messages("discount", message, read=True)
        if "restore" in steps:
            story.restore(message)
        if "receive" in steps:
            read_well(story, message)
        if steps == "delete":
            story.delete(message)
    assert story.broken() == {"DIT-07": 1}


def test_restored_and_thrown_away() -> None:
    story = waiting()
    (message,) = ids(story)
    with story.run("discount"):
        story.list_messages("discount", message)
        story.receive(message)
        story.confirm(message)
    with story.run("discount"):
        story.list_messages("discount", message, read=True)
        story.restore(message)
        story.delete(message)
    assert story.broken() == {"DIT-07": 1}


def test_too_large() -> None:
    story = signed()
    with story.run("contract"):
        story.fetch("contract")
        story.call("", fault="too-large")
    assert story.broken() == {"DIT-08": 1}


def test_mail_is_not_fetched() -> None:
    story = waiting()
    with story.run("discount"):
        pass
    assert story.broken() == {"DIT-09": 1}


def test_mail_that_came_after_the_run_is_not_due() -> None:
    story = Story().first_contract()
    with story.run("discount"):
        story.fetch("discount")
    story.decide("2026-03", grant())
    assert story.verdicts()["DIT-09"].checked == 0


def recorded(days: str) -> Story:
    story = Story()
    story.decide("2026-03", grant())
    story.at(days)
    story.list_messages("contract")
    return story


def test_in_recorded_traffic_mail_must_be_read_before_it_is_purged() -> None:
    assert recorded("2026-06-20").broken() == {"DIT-09": 1}
    assert recorded("2026-05-20").broken() == {}


# -- ERR


def rejected(position: int | None = 1) -> tuple[Story, str]:
    """Two contracts are reported; BVKB finds Anna's wrong; the retailer then learns her right code."""
    story = Story()
    story.sign(holder=WRONG)
    story.sign("555", JANIS)
    with story.run("contract"):
        story.fetch("contract")
        first = story.report(contract(holder=WRONG), contract("555", JANIS))
    story.complain(first, position)
    with story.run("contract"):
        story.fetch("contract")
    story.sign(kind="contract.change", previous_code=WRONG.code)
    return story, first


WRONG = ANNA.__class__(synthetic_personal_code(99), ANNA.given_name, ANNA.surname)


@pytest.mark.parametrize("position", [1, None])
def test_a_wrong_record_is_corrected(position: int | None) -> None:
    story, first = rejected(position)
    with story.run("contract"):
        story.fetch("contract")
        story.report(contract(), contract("555", JANIS), corrects=first)
    assert story.broken() == {}
    assert story.verdicts()["ERR-01"].checked == 1


def test_a_correction_of_a_correction() -> None:
    story, first = rejected()
    with story.run("contract"):
        story.fetch("contract")
        second = story.report(contract(holder=WRONG), contract("555", JANIS), corrects=first)
        story.report(contract(), contract("555", JANIS), corrects=second)
    assert story.verdicts()["ERR-01"].breaches == ()


def test_a_wrong_record_is_not_corrected() -> None:
    story, _ = rejected()
    with story.run("contract"):
        story.fetch("contract")
    assert story.broken() == {"ERR-01": 1}


@pytest.mark.parametrize("operation", [Operation.CHANGE, Operation.NEW])
def test_a_wrong_record_is_sent_again_without_naming_what_it_corrects(operation: Operation) -> None:
    story, _ = rejected()
    with story.run("contract"):
        story.fetch("contract")
        story.report(contract(operation=operation))
    assert story.broken() == {"ERR-01": 1}


def test_a_correction_leaves_out_what_was_right() -> None:
    story, first = rejected()
    with story.run("contract"):
        story.fetch("contract")
        story.report(contract(), corrects=first)
    assert story.broken() == {"ERR-14": 1}


def test_a_warning_asks_for_no_correction() -> None:
    story = signed()
    with story.run("contract"):
        story.fetch("contract")
        first = story.report(contract())
    story.complain(first, 1, Severity.WARNING)
    with story.run("contract"):
        story.fetch("contract")
    assert story.broken() == {}
    assert story.verdicts()["ERR-01"].checked == 0


def lost_send() -> tuple[Story, bytes]:
    story = signed()
    data = written(story)
    with story.run("contract", answer={"ok": False, "error": "no reply"}):
        story.fetch("contract")
        story.send_bytes(ChannelName.CONTRACT, data, lost=True)
    return story, data


def test_a_lost_send_is_repeated() -> None:
    story, data = lost_send()
    assert sent(story, data).broken() == {}
    assert story.verdicts()["ERR-02"].checked == 1


def test_a_lost_send_is_repeated_as_another_document() -> None:
    story, _ = lost_send()
    assert sent(story, written(story)).broken() == {"ERR-02": 1}


def test_a_lost_send_is_never_repeated() -> None:
    story, _ = lost_send()
    with story.run("contract"):
        story.fetch("contract")
    assert story.broken() == {"ERR-02": 1}


def test_a_lost_payout_is_repeated_as_another_document() -> None:
    story = Story().first_contract()
    story.decide("2026-03", grant())
    with story.run("discount"):
        story.fetch("discount")
    story.bill("2026-03", ("R-1", "35.40"))
    with story.run("payout"):
        story.fetch("payout")
        story.pay("2026-03", payout("R-1", "35.40", "20.00"), lost=True)
        story.pay("2026-03", payout("R-1", "35.40", "20.00"))
    assert story.broken() == {"ERR-02": 1}


# -- ERR-03


def not_taken() -> tuple[Story, Document]:
    """A contract document that DIT could not take."""
    story = signed()
    document = story.document(ChannelName.CONTRACT, "2026-03", (contract(),))
    with story.run("contract", answer={"ok": False, "error": "storage full"}):
        story.fetch("contract")
        story.send_bytes(ChannelName.CONTRACT, write_document(document, PROFILE), fault="storage-full")
    return story, document


def test_what_dit_could_not_take_is_sent_again() -> None:
    story, document = not_taken()
    assert sent(story, write_document(document, PROFILE)).broken() == {}
    assert story.verdicts()["ERR-03"].checked == 1


def test_what_dit_could_not_take_is_sent_again_with_a_new_time_of_creation() -> None:
    story, document = not_taken()
    again = replace(document, header=replace(document.header, created_at=story.now))
    assert again != document
    assert sent(story, write_document(again, PROFILE)).broken() == {}
    assert story.verdicts()["ERR-03"].checked == 1


def test_what_dit_could_not_take_is_never_sent_again() -> None:
    story, _ = not_taken()
    with story.run("contract"):
        story.fetch("contract")
    assert story.broken() == {"ERR-03": 1}


def test_a_lost_send_is_repeated_with_a_new_time_of_creation() -> None:
    story, data = lost_send()
    document = read_document(data, PROFILE)
    again = replace(document, header=replace(document.header, created_at=story.now))
    assert sent(story, write_document(again, PROFILE)).broken() == {}
    assert story.verdicts()["ERR-02"].checked == 1


def test_a_lost_send_is_followed_by_other_content_under_its_id() -> None:
    story, data = lost_send()
    document = read_document(data, PROFILE)
    story.sign("555", JANIS)
    other = replace(document, records=(contract("555", JANIS),))
    assert sent(story, write_document(other, PROFILE)).broken() == {"CON-08": 1}


# -- DRV


def test_the_driver_answers_with_an_error() -> None:
    story = Story()
    story.ask("bill", {"ok": False, "error": "no such contract"}, period="2026-03", invoices=[])
    assert story.broken() == {"DRV-01": 1}


def test_what_the_driver_cannot_do_is_no_breach() -> None:
    story = Story()
    story.ask("status", {"ok": False, "unsupported": True}, contract=NUMBER)
    assert story.broken() == {}
    assert story.verdicts()["DRV-01"].checked == 0


# -- DIS-04


def unknown() -> tuple[Story, str]:
    story = Story().first_contract()
    message = story.decide("2026-03", grant(number="777000"))
    return story, message


def test_a_decision_on_an_unknown_contract_is_answered() -> None:
    story, message = unknown()
    error = RecordError("unknown-contract", Severity.ERROR, "Līguma nav", "No such contract", 1)
    with story.run("discount"):
        story.fetch("discount")
        report = write_error_report(ErrorReport(None, (error,)), PROFILE)
        story.send_bytes(ChannelName.DISCOUNT, report, related=message)
    assert story.broken() == {"ERR-09": 1}
    assert story.verdicts()["DIS-04"].checked == 1


def test_a_decision_on_an_unknown_contract_is_not_answered() -> None:
    story, _ = unknown()
    with story.run("discount"):
        story.fetch("discount")
    assert story.broken() == {"DIS-04": 1}


# -- CAL-02


def billed() -> Story:
    story = Story().first_contract()
    story.decide("2026-03", grant())
    with story.run("discount"):
        story.fetch("discount")
    story.bill("2026-03", ("R-1", "35.40"))
    with story.run("payout"):
        story.fetch("payout")
    return story


def paid_on(day: str) -> Story:
    story = billed().at(day)
    with story.run("payout"):
        story.fetch("payout")
        story.pay("2026-03", payout("R-1", "35.40", "20.00"))
    return story


def test_payouts_on_the_due_day() -> None:
    story = paid_on("2026-04-20")
    assert story.broken() == {}
    assert story.verdicts()["CAL-02"].checked == 1


def test_payouts_are_late() -> None:
    assert paid_on("2026-04-21").broken() == {"CAL-02": 1}


# -- DIT-17


def test_more_than_a_months_volume_is_sent() -> None:
    story = signed()
    with story.run("contract"):
        story.fetch("contract")
        story.report(contract())
        entry = story.journal.lines[-1]
        story.journal.lines[-1] = replace(entry, details={**entry.details, "size": 101 * 10**9})
    assert story.broken() == {"DIT-17": 1}


def test_dit_itself_refuses_what_is_beyond_the_months_volume() -> None:
    story = signed()
    with story.run("contract"):
        story.fetch("contract")
        story.report(contract())
        story.report(contract(), fault="monthly-quota")
    assert story.broken() == {"DIT-17": 1}


@pytest.mark.parametrize(
    ("fault", "requirement"),
    [("polled-too-often", "DIT-04"), ("list-not-read", "DIT-01"), ("read-not-deleted", "DIT-02")],
)
def test_dit_itself_refuses_who_breaks_a_duty(fault: str, requirement: str) -> None:
    story = signed()
    with story.run("contract"):
        story.fetch("contract")
        story.report(contract())
        story.call("ReceiveMessageList", fault=fault, details={"read": False})
    assert story.broken() == {requirement: 1}
