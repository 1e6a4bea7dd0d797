"""FTP: stories of a retailer that works by folders and files; each fault breaks its own requirement and no other."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.requirements.catalogue import NEEDS, load
from conformance.rules.dit import LIST_NOT_READ, NOT_DELETED, TOO_OFTEN
from simulator.documents.writing import write_error_report
from simulator.domain.model import ChannelName, ErrorReport, RecordError, Severity
from simulator.journal import Entry, Kind, Outcome
from tests.conformance.rules.builder import PROFILE, Story, contract, grant

READ = "/ALDIS_ProviderDiscount/DIK-v1-1/Read"
WRITE = "/ALDIS_ProviderContract/DSK-v1-0/Write/1.xml"
REPLY = "/ALDIS_ProviderDiscount/DIK-v1-1/WriteEvent/WriteEventError"
REPORT = write_error_report(ErrorReport("1", (RecordError("x", Severity.ERROR, "Slikti", "Bad", 1),)), PROFILE)


class FtpsStory(Story):
    """A story by FTPS: the retailer's calls are commands of a session."""

    path: str | None = None

    def call(self, operation: str, *, details: dict[str, Any] | None = None, **fields: Any) -> Entry:
        paths = {"SendMessage2": WRITE, "ReceiveMessageList": READ}
        ftp = {"path": self.path or paths.get(operation, f"{READ}/x.xml"), "session": "1"}
        return super().call(operation, details={**(details or {}), "ftp": ftp}, interface="ftps", **fields)

    def command(self, verb: str, fault: str | None = None) -> None:
        refused = {"outcome": Outcome.FAULT, "fault_code": fault, "cause": f"refused: {fault}"} if fault else {}
        self.write(Kind.FTP, verb, interface="ftps", details={"ftp": {"session": "1"}}, **refused)

    def log_in(self) -> None:
        for verb in ("AUTH", "USER", "PASS", "PBSZ", "PROT"):
            self.command(verb)

    def take(self, *, listed: int = 1, got: int = 1, deleted: int = 1) -> None:
        """Look into Read, get and delete some of what is there."""
        waiting = [waiting.message for waiting in self.mailbox][:listed]
        self.list_messages("discount", *waiting)
        for message in waiting[:got]:
            self.receive(message)
        for message in waiting[:deleted]:
            self.delete(message)


def started() -> FtpsStory:
    """One contract reported, one decision waiting."""
    story = FtpsStory()
    story.sign()
    with story.run("contract", "discount"):
        story.log_in()
        story.report(contract())
        story.list_messages("discount")
    story.decide("2026-03", grant())
    return story


def test_a_good_retailer_breaks_nothing() -> None:
    story = started()
    with story.run("discount"):
        story.log_in()
        story.take()
    with story.run("discount"):
        story.list_messages("discount")
    assert story.broken() == {}
    checked = {name: verdict.checked for name, verdict in story.verdicts().items() if name.startswith("FTP")}
    assert checked == {"FTP-01": 1, "FTP-02": 1, "FTP-03": 2, "FTP-04": 1, "FTP-05": 2, "FTP-06": 0}


def test_soap_is_no_matter_of_this_chapter() -> None:
    story = Story()
    story.sign()
    with story.run("contract", "discount"):
        story.report(contract())
        story.fetch("discount")
    assert not any(verdict.checked for name, verdict in story.verdicts().items() if name.startswith("FTP"))


def test_a_file_in_another_encoding() -> None:
    story = FtpsStory()
    story.send_bytes(
        ChannelName.CONTRACT, b'<?xml version="1.0" encoding="windows-1257"?><a/>', fault="unsupported-charset"
    )
    assert story.broken() == {"FTP-01": 1}


def test_a_file_that_is_left_unread() -> None:
    story = started()
    story.decide("2026-03", grant())
    with story.run("discount"):
        story.take(listed=2)
    assert story.broken() == {"FTP-02": 1}


def test_a_folder_that_is_looked_into_again_at_once() -> None:
    story = started()
    with story.run("discount"):
        story.take()
        story.list_messages("discount")
    assert story.broken() == {"FTP-03": 1}


def test_a_file_that_is_never_deleted() -> None:
    story = started()
    with story.run("discount"):
        story.take(deleted=0)
    with story.run("discount"):
        story.list_messages("discount")
    assert story.broken() == {"FTP-04": 1}


@pytest.mark.parametrize(("verb", "fault"), [("USER", "clear-text"), ("PASV", "clear-text"), ("AUTH", "tls-handshake")])
def test_a_connection_without_tls(verb: str, fault: str) -> None:
    story = FtpsStory()
    story.command(verb, fault)
    assert story.broken() == {"FTP-05": 1}


def test_an_error_report_that_is_sent_as_a_message() -> None:
    story = FtpsStory()
    story.send_bytes(ChannelName.CONTRACT, REPORT, fault="invalid-payload")
    assert story.broken() == {"FTP-06": 1}


def test_a_reply_that_is_about_nothing() -> None:
    story = FtpsStory()
    story.path = f"{REPLY}/12.xml"
    story.call("SendMessage2", fault="bad-file-name")
    assert story.broken() == {"FTP-06": 1}


def test_a_reply_in_its_folder() -> None:
    story = FtpsStory()
    story.path = f"{REPLY}/{story.identifier()}.xml"
    story.call(
        "SendMessage2",
        details={"message_class": "error", "related_message": None},
        channel_version=story.version(ChannelName.DISCOUNT),
        payload=story.journal.keep(REPORT),
    )
    assert story.verdicts()["FTP-06"].checked == 1
    assert "FTP-06" not in story.broken()


def test_our_trouble_is_not_the_retailers() -> None:
    story = FtpsStory()
    story.send_bytes(ChannelName.CONTRACT, b"<a/>", fault="storage-full")
    assert not [name for name in story.broken() if name.startswith("FTP")]


@pytest.mark.parametrize(("number", "duty"), [(2, LIST_NOT_READ), (3, TOO_OFTEN), (4, NOT_DELETED)])
def test_a_duty_that_dit_enforces(number: int, duty: str) -> None:
    story = FtpsStory()
    story.call("ReceiveMessageList", fault=duty)
    assert story.broken() == {f"FTP-0{number}": 1}


def test_the_chapter_says_what_it_needs() -> None:
    assert {requirement.needs for requirement in load() if requirement.chapter == "FTP"} == {"ftps"}
    assert "transport" in NEEDS["ftps"]
