"""Uploads: a file is acknowledged and delivered byte for byte, or refused with its cause in the journal."""

from __future__ import annotations

import ftplib
import io
import random
import socket
import ssl
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.documents.writing import write_national
from simulator.domain.model import ChannelName
from simulator.ftps.settings import load_ftps_settings
from simulator.journal import Kind, Outcome
from simulator.settings.files import data_root
from simulator.store import Incoming, StorageFull, Store
from tests.simulator.ftps.setting import (
    BVKB,
    CONTRACT,
    DISCOUNT,
    NATIONAL,
    OTHER,
    FtpsSetting,
    ftps_setting,
    with_values,
)

WRITE = f"{CONTRACT}/Write/1.xml"
PROVIDER = "40009990008"


def test_a_file_is_a_message_byte_for_byte(ftps: FtpsSetting) -> None:
    document = b"\xef\xbb\xbf" + ftps.setting.contract_document() + b"\n<!-- \xc4\x93 -->\n"
    assert ftps.client().put(WRITE, document) == "226 the message is sent"
    assert ftps.arrived() == [document]
    (call,) = ftps.calls
    assert (call.operation, call.interface, call.outcome) == ("SendMessage2", "ftps", Outcome.OK)
    assert (call.authority, call.channel_version) == ("100777", ftps.setting.version())
    assert len(call.message_ids) == 1
    assert ftps.setting.blob(call.payload) == document
    ftp = call.details["ftp"]
    assert isinstance(ftp, dict)
    assert (ftp["command"], ftp["path"], ftp["reply"], ftp["tls"]) == ("STOR", WRITE, "226 the message is sent", True)
    assert call.details["message_class"] == "business"
    assert call.details["size"] == len(document)


def test_a_message_that_came_by_ftps_is_read_by_soap(ftps: FtpsSetting) -> None:
    document = b"\xef\xbb\xbf" + ftps.setting.contract_document()
    ftps.client().put(WRITE, document)
    asked = (
        '<svc:ReceiveMessage xmlns:svc="http://ivis.eps.gov.lv/ISS/DITService/v1-0" '
        'xmlns:dit="http://ivis.eps.gov.lv/XMLSchemas/100000/DIT/v1-0"><dit:MessageRequest><dit:ChannelVersionURN>'
        f"{ftps.setting.version()}</dit:ChannelVersionURN></dit:MessageRequest></svc:ReceiveMessage>"
    )
    envelope = f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{asked}</s:Body></s:Envelope>'
    reply = ftps.setting.post(envelope, user=BVKB)
    assert reply.status_code == 200
    assert document.partition(b"?>")[2].strip() in reply.data


def test_relative_paths_and_folders(ftps: FtpsSetting) -> None:
    client = ftps.client()
    client.cwd(CONTRACT)
    client.cwd("Read/../Write")
    assert client.pwd() == f"{CONTRACT}/Write"
    client.put("./7.xml", ftps.setting.contract_document())
    assert len(ftps.arrived()) == 1


def test_text_mode_delivers_the_same_document(ftps: FtpsSetting) -> None:
    document = ftps.setting.contract_document().rstrip(b"\n") + b"\n"
    client = ftps.client()
    client.storlines(f"STOR {WRITE}", io.BytesIO(document))
    assert ftps.arrived() == [document]


def test_to_one_receiver(ftps: FtpsSetting) -> None:
    fixture = (data_root("fixtures") / "payloads" / "discount" / "valid-stacked.xml").read_bytes()
    national = write_national({PROVIDER: fixture}, ftps.setting.profile)
    ftps.use_receiver_filter()
    ftps.client(BVKB).put(f"{NATIONAL}/Write/100777/1.xml", national)
    assert ftps.calls[-1].details["receivers"] == ["100777"]
    client = ftps.client()
    (name,) = client.names(f"{DISCOUNT}/Read")
    assert PROVIDER.encode() in client.get(f"{DISCOUNT}/Read/{name}")
    other = ftps.client(OTHER)
    assert other.names("/ALDIS_ProviderDiscount/DIK-v1-2/Read") == []


def test_a_reply_is_tied_to_its_message_by_its_name(ftps: FtpsSetting) -> None:
    message = ftps.contract_from()
    report = ftps.setting.error_report()
    client = ftps.client(BVKB)
    client.put(f"{CONTRACT}/WriteEvent/WriteEventError/{message.upper()}.xml", report)
    (call,) = ftps.calls
    assert call.details["related_message"] == message.upper()
    assert (call.details["message_class"], call.details["event_name"]) == ("error", "Error")
    assert call.details["receivers"] == ["100777"]
    retailer = ftps.client()
    (name,) = retailer.names(f"{CONTRACT}/ReadError")
    assert retailer.get(f"{CONTRACT}/ReadError/{name}") == report
    assert retailer.names(f"{CONTRACT}/Read") == []


def test_what_ties_a_reply_can_be_changed(keys: Path) -> None:
    changed = with_values(load_ftps_settings(), "files", event_name="answer-{related}-{n}.xml", event_title="Kļūda")
    with ftps_setting(keys, settings=changed) as ftps:
        message = ftps.contract_from()
        client = ftps.client(BVKB)
        folder = f"{CONTRACT}/WriteEvent/WriteEventError"
        assert client.refused(client.put, f"{folder}/{message}.xml", b"<a/>").startswith("553 bad-file-name")
        client.put(f"{folder}/answer-{message}-12.xml", ftps.setting.error_report())
        assert ftps.calls[-1].details["event_name"] == "Kļūda"


def test_a_reply_about_nothing_is_refused(ftps: FtpsSetting) -> None:
    client = ftps.client()
    path = f"{CONTRACT}/WriteEvent/WriteEventError/00000000-0000-4000-8000-000000000000.xml"
    assert client.refused(client.put, path, ftps.setting.error_report()).startswith("550 unknown-message")
    assert ftps.last.fault_code == "unknown-message"


WRONG = {
    "malformed": (b"<a><b></a>", "550 malformed-xml"),
    "empty": (b"", "550 malformed-xml"),
    "no xml": (b"hello", "550 malformed-xml"),
    "two documents": (b"<a/><b/>", "550 malformed-xml"),
    "latin": ('<?xml version="1.0" encoding="windows-1257"?><a>ē</a>'.encode("cp1257"), "550 unsupported-charset"),
    "utf-16": ("<a/>".encode("utf-16"), "550 unsupported-charset"),
    "bytes": (b"<a>\xe2\x28\xa1</a>", "550 unsupported-charset"),
    "dtd": (b"<!DOCTYPE a><a/>", "550 doctype-not-allowed"),
    "bomb": (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "550 doctype-not-allowed"),
    "deep": (b"<a>" * 300 + b"</a>" * 300, "550 too-deep"),
    "schema": (b"<a/>", "550 invalid-payload"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_documents(ftps: FtpsSetting, name: str) -> None:
    data, expected = WRONG[name]
    client = ftps.client()
    before = len(ftps.journal)
    answer = client.refused(client.put, WRITE, data)
    assert answer.startswith(expected)
    assert "\n" not in answer
    assert ftps.arrived() == []
    calls = [entry for entry in ftps.journal[before:] if entry.kind is Kind.EXCHANGE]
    assert [(call.outcome, call.fault_code) for call in calls] == [(Outcome.FAULT, expected.partition(" ")[2])]
    assert calls[0].cause
    assert "What to do:" in calls[0].cause
    assert ftps.setting.blob(calls[0].payload) == data
    client.put(WRITE, ftps.setting.contract_document())  # the session is healthy
    assert len(ftps.arrived()) == 1


PLACES = {
    "/": "553 unknown-path",
    "/x.xml": "550 unknown-path",
    f"{CONTRACT}/x.xml": "550 unknown-path",
    f"{CONTRACT}/Write": "553 unknown-path",
    f"{CONTRACT}/Read/1.xml": "553 unknown-path",
    f"{CONTRACT}/Write/1.txt": "553 bad-file-name",
    f"{CONTRACT}/Write/a/b/1.xml": "550 unknown-path",
    f"{CONTRACT}/Write/999999/1.xml": "553 unknown-authority",
    f"{CONTRACT}/Write/100778/1.xml": "553 receiver-filter-not-used",
    f"{CONTRACT}/WriteEvent/1.xml": "550 unknown-path",
    f"{CONTRACT}/WriteEvent/WriteEventError/1.xml": "553 bad-file-name",
    "/../etc/passwd": "550 unknown-path",
    "../../1.xml": "550 unknown-path",
    f"{CONTRACT}/../../../1.xml": "550 unknown-path",
    "C:\\Write\\1.xml": "550 unknown-path",
    "/aldis_providercontract/DSK-v1-0/Write/1.xml": "550 unknown-path",
    "/ALDIS_ProviderContract/DSK-v9-9/Write/1.xml": "550 unknown-path",
    f"{NATIONAL}/Write/1.xml": "550 no-right",
    "/ALDIS_ProviderDiscount/DIK-v1-2/Write/1.xml": "550 no-right",
    f"{DISCOUNT}/Write/1.xml": "550 no-right",
}


def test_wrong_places(ftps: FtpsSetting) -> None:
    client = ftps.client()
    for path, expected in PLACES.items():
        before = len(ftps.calls)
        assert client.refused(client.put, path, b"<a/>").startswith(expected), path
        (call,) = ftps.calls[before:]
        assert call.fault_code == expected.partition(" ")[2], path
        assert call.cause
    assert ftps.arrived() == []
    client.put(WRITE, ftps.setting.contract_document())


def test_uploads_are_not_resumed(ftps: FtpsSetting) -> None:
    client = ftps.client()
    with pytest.raises(ftplib.error_perm, match="554 upload-resumed"):
        client.storbinary(f"STOR {WRITE}", io.BytesIO(b"<a/>"), rest=3)
    client.put(WRITE, ftps.setting.contract_document())


def test_too_large(keys: Path) -> None:
    with ftps_setting(keys, message_bytes=4000) as ftps:
        client = ftps.client()
        document = ftps.setting.contract_document()
        assert client.refused(client.put, WRITE, document + b" " * 4000).startswith("552 too-large")
        assert ftps.last.details["size"] == len(document) + 4000
        client.put(WRITE, document + b" " * (4000 - len(document)))
        assert len(ftps.arrived()) == 1
        # One that does not end is broken off.
        with pytest.raises((OSError, ftplib.Error)):
            client.put(WRITE, b" " * 40_000_000)
        assert ftps.last.fault_code == "too-large"


class Broken:
    """An upload that sends only a part of the file, over TLS of the test's own."""

    def __init__(self, ftps: FtpsSetting) -> None:
        self.client = ftps.client()
        connection, _ = self.client.ntransfercmd(f"STOR {WRITE}")
        assert isinstance(connection, ssl.SSLSocket)
        self.connection = connection

    def end(self) -> None:
        """Close the connection without the end of TLS, as when a client is killed."""
        raw = socket.socket(fileno=self.connection.detach())
        raw.shutdown(socket.SHUT_RDWR)
        raw.close()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.floats(0, 0.999), clean=st.booleans())
def test_a_part_is_nothing(ftps: FtpsSetting, part: float, clean: bool) -> None:
    document = ftps.setting.contract_document()
    upload = Broken(ftps)
    before = len(ftps.arrived())
    upload.connection.sendall(document[: int(len(document.rstrip()) * part)])
    if clean:
        upload.connection.unwrap().close()
    else:
        upload.end()
    answer = upload.client.refused(upload.client.voidresp)
    assert answer[:4] == ("550 " if clean else "426 ")
    assert len(ftps.arrived()) == before
    assert ftps.last.kind is Kind.EXCHANGE
    assert ftps.last.fault_code == ("malformed-xml" if clean else "incomplete-body")
    upload.client.quit()


def test_a_whole_document_without_the_end_of_tls_is_taken(ftps: FtpsSetting) -> None:
    upload = Broken(ftps)
    upload.connection.sendall(ftps.setting.contract_document())
    upload.end()
    assert upload.client.voidresp() == "226 the message is sent"


def test_an_aborted_upload(ftps: FtpsSetting) -> None:
    upload = Broken(ftps)
    upload.connection.sendall(ftps.setting.contract_document())
    upload.client.sendcmd("NOOP")  # by then the bytes are there
    upload.client.putcmd("ABOR")
    assert [upload.client.getmultiline()[:3] for _ in range(2)] == ["426", "226"]
    assert ftps.arrived() == []
    (call,) = ftps.calls
    assert call.fault_code == "incomplete-body"
    assert [entry.operation for entry in ftps.journal[-2:]] == ["SendMessage2", "ABOR"]
    upload.connection.close()
    upload.client.put(WRITE, ftps.setting.contract_document())


def test_a_client_that_dies(ftps: FtpsSetting) -> None:
    upload = Broken(ftps)
    upload.connection.sendall(ftps.setting.contract_document()[:100])
    assert upload.client.sock is not None
    control = socket.socket(fileno=upload.client.sock.detach())  # type: ignore[attr-defined]
    control.shutdown(socket.SHUT_RDWR)
    control.close()
    upload.end()
    ftps.server.stop()  # waits for the session's thread
    (call,) = ftps.calls
    assert call.fault_code == "incomplete-body"
    assert ftps.arrived() == []


def test_a_full_store(ftps: FtpsSetting, monkeypatch: pytest.MonkeyPatch) -> None:
    client = ftps.client()

    def full(self: Incoming, data: bytes) -> None:
        raise StorageFull("no room left while writing")

    with monkeypatch.context() as patched:
        patched.setattr(Incoming, "write", full)
        assert client.refused(client.put, WRITE, b"<a/>" * 1000).startswith("452 storage-full")
    with monkeypatch.context() as patched:
        patched.setattr(Store, "incoming", lambda self: full(None, b""))  # type: ignore[arg-type]
        assert client.refused(client.put, WRITE, b"<a/>").startswith("452 storage-full")
    assert [call.fault_code for call in ftps.calls] == ["storage-full"] * 2
    client.put(WRITE, ftps.setting.contract_document())


def test_a_mistake_of_our_own_is_an_incident(
    ftps: FtpsSetting, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = ftps.client()
    with monkeypatch.context() as patched:
        patched.setattr(type(ftps.setting.network), "send", lambda *_, **__: 1 / 0)
        answer = client.refused(client.put, WRITE, ftps.setting.contract_document())
    assert answer.startswith("451 internal-error")
    incident = ftps.last.details["incident"]
    assert isinstance(incident, str)
    assert incident in answer
    assert incident in caplog.text
    client.put(WRITE, ftps.setting.contract_document())


def test_nothing_is_left_behind(ftps: FtpsSetting) -> None:
    client = ftps.client()
    client.put(WRITE, ftps.setting.contract_document())
    client.refused(client.put, WRITE, b"<a>")
    scratch = ftps.setting.store._incoming
    assert list(scratch.iterdir()) == []


def test_several_sessions_at_once(ftps: FtpsSetting) -> None:
    clients = [ftps.client(user) for user in ("paraugs", OTHER, "paraugs")]
    chance = random.Random(1)
    for number in range(9):
        chance.choice(clients).put(f"{CONTRACT}/Write/{number}.xml", ftps.setting.contract_document())
    assert len(ftps.arrived(BVKB, ChannelName.CONTRACT)) == 9
