"""Read and ReadError: the messages of a mailbox are listed, downloaded, read and deleted."""

from __future__ import annotations

import ftplib
import io
from datetime import timedelta
from pathlib import Path

import pytest

from simulator.dit.directory import Directory
from simulator.dit.model import MessageStatus, RefusalCode
from simulator.dit.refusals import Refusal, Refused
from simulator.dit.rights import Options
from simulator.ftps.settings import load_ftps_settings
from simulator.journal import Kind, Outcome
from tests.simulator.ftps.setting import BVKB, CONTRACT, OTHER, FtpsSetting, ftps_setting, with_values

READ = f"{CONTRACT}/Read"
ERRORS = f"{CONTRACT}/ReadError"


def test_a_message_from_arrival_to_deletion(ftps: FtpsSetting) -> None:
    message = ftps.contract_from()
    (document,) = ftps.arrived()
    client = ftps.client(BVKB)
    name = f"{message}.xml"
    assert client.names(READ) == [name]
    assert ftps.status(message, BVKB) is MessageStatus.DELIVERED
    assert client.get(f"{READ}/{name}") == document
    assert ftps.status(message, BVKB) is MessageStatus.READ
    assert client.names(READ) == [name]  # it stands there until it is deleted
    assert client.get(f"{READ}/{name}") == document
    assert client.delete(f"{READ}/{name}") == f"250 {name} is deleted"
    assert ftps.status(message, BVKB) is MessageStatus.DELETED
    assert client.names(READ) == []
    assert client.refused(client.get, f"{READ}/{name}").startswith("550 bad-status: statuss")
    assert client.refused(client.delete, f"{READ}/{name}").startswith("550 bad-status: statuss")
    assert client.refused(client.sendcmd, f"MDTM {READ}/{name}").startswith("550 unknown-path")
    assert [(call.operation, call.outcome, call.message_ids) for call in ftps.calls] == [
        ("ReceiveMessageList", Outcome.OK, (message,)),
        ("ReceiveMessage2", Outcome.OK, (message,)),
        ("ReceiveMessageList", Outcome.OK, (message,)),
        ("ReceiveMessage2", Outcome.OK, (message,)),
        ("DeleteMessage", Outcome.OK, (message,)),
        ("ReceiveMessageList", Outcome.OK, ()),
        ("ReceiveMessage2", Outcome.FAULT, (message,)),
        ("DeleteMessage", Outcome.FAULT, (message,)),
    ]
    listed, got = ftps.calls[:2]
    assert listed.channel_version == ftps.setting.version()
    assert listed.details["selector"] == {"channel": None, "version": ftps.setting.version(), "message": None}
    assert got.details["selector"] == {"channel": None, "version": None, "message": message}
    assert set(got.details["payloads"]) == {message}  # type: ignore[arg-type]
    assert "which is deleted" in (ftps.calls[-1].cause or "")


def test_listings_say_size_and_time(ftps: FtpsSetting) -> None:
    message = ftps.contract_from()
    (document,) = ftps.arrived()
    client = ftps.client(BVKB)
    lines: list[str] = []
    client.retrlines(f"LIST -la {READ}", lines.append)
    assert lines == [f"-rw-r--r-- 1 dit dit {len(document):>12} Jan  5  2026 {message}.xml"]
    ((name, facts),) = client.mlsd(READ)
    assert (name, facts) == (
        f"{message}.xml",
        {"type": "file", "perm": "rd", "size": str(len(document)), "modify": "20260105070000"},
    )
    client.voidcmd("TYPE I")
    assert client.size(f"{READ}/{message}.xml") == len(document)
    assert client.sendcmd(f"MDTM {READ}/{message}.xml") == "213 20260105070000"
    assert f"size={len(document)}" in client.sendcmd(f"MLST {READ}/{message}.xml")
    assert [call.operation for call in ftps.calls] == ["ReceiveMessageList"] * 2
    assert ftps.status(message, BVKB) is MessageStatus.DELIVERED


def test_names_by_a_pattern_and_one_by_one(ftps: FtpsSetting) -> None:
    first, second = ftps.contract_from(), ftps.contract_from()
    client = ftps.client(BVKB)
    client.cwd(READ)
    assert client.nlst("*.xml") == [f"{first}.xml", f"{second}.xml"]
    assert client.nlst(f"{second[:8]}*") == [f"{second}.xml"]
    assert client.nlst(f"{READ}/*.txt") == []
    assert client.nlst(f"{second}.xml") == [f"{second}.xml"]


def test_errors_stand_apart(ftps: FtpsSetting) -> None:
    event = ftps.event_to()
    client = ftps.client()
    assert client.names(READ) == []
    assert client.names(ERRORS) == [f"{event}.xml"]
    assert client.refused(client.get, f"{READ}/{event}.xml").startswith("550 unknown-path")
    assert b"ALDIS-001" in client.get(f"{ERRORS}/{event}.xml")
    client.delete(f"{ERRORS}/{event}.xml")
    assert ftps.status(event) is MessageStatus.DELETED


def test_another_mailbox_is_not_seen(ftps: FtpsSetting) -> None:
    event = ftps.event_to()
    other = ftps.client(OTHER)
    assert other.names(ERRORS) == []
    for call in (other.get, other.delete):
        assert other.refused(call, f"{ERRORS}/{event}.xml").startswith("550 unknown-path")
    assert ftps.status(event) is MessageStatus.DELIVERED


def test_the_older_folder(ftps: FtpsSetting) -> None:
    message = ftps.contract_from()
    (document,) = ftps.arrived()
    client = ftps.client(BVKB)
    older = "/ReadDSK-ALDIS_ProviderContract/v1-0"
    assert client.names(older) == [f"{message}.xml"]
    assert client.get(f"{older}/{message}.xml") == document
    assert ftps.status(message, BVKB) is MessageStatus.READ


def test_the_rest_of_a_file(ftps: FtpsSetting) -> None:
    message = ftps.contract_from()
    (document,) = ftps.arrived()
    client = ftps.client(BVKB)
    assert client.get(f"{READ}/{message}.xml", rest=100) == document[100:]
    assert ftps.status(message, BVKB) is MessageStatus.READ
    assert client.get(f"{READ}/{message}.xml") == document  # the next one begins at the start again


def test_a_download_that_breaks_off_reads_nothing(ftps: FtpsSetting) -> None:
    document = ftps.setting.contract_document() + b" " * 8_000_000
    ftps.client().put(f"{CONTRACT}/Write/1.xml", document)
    (message,) = ftps.calls[-1].message_ids
    client = ftps.client(BVKB)
    connection, _ = client.ntransfercmd(f"RETR {READ}/{message}.xml")
    connection.recv(1000)
    connection.close()
    assert client.refused(client.voidresp).startswith("426 transfer-aborted")
    assert ftps.status(message, BVKB) is MessageStatus.DELIVERED
    assert (ftps.last.operation, ftps.last.fault_code) == ("ReceiveMessage2", "transfer-aborted")
    assert ftps.last.message_ids == (message,)
    assert client.get(f"{READ}/{message}.xml") == document
    assert ftps.status(message, BVKB) is MessageStatus.READ


def test_what_is_assumed_can_be_changed(keys: Path) -> None:
    changed = with_values(load_ftps_settings(), "mailbox", retr_reads=False, list_read=False)
    changed = with_values(changed, "folders", read="Inbox", read_error="Errors", older_read="Old-{channel}-{kind}")
    changed = with_values(changed, "files", read_name="msg-{message}.XML")
    with ftps_setting(keys, settings=changed) as ftps:
        message = ftps.contract_from()
        client = ftps.client(BVKB)
        inbox, name = f"{CONTRACT}/Inbox", f"msg-{message}.XML"
        assert client.names("/") == [
            "ALDIS_ProviderContract",
            "ALDIS_ProviderDiscount",
            "ALDIS_ProviderPayout",
            "Old-ALDIS_ProviderContract-DSK",
            "Old-ALDIS_ProviderDiscount-DIK",
            "Old-ALDIS_ProviderPayout-DSK",
        ]
        assert client.names(inbox) == [name]
        client.get(f"{inbox}/{name}")
        assert ftps.status(message, BVKB) is MessageStatus.DELIVERED


def test_what_was_read_is_not_listed_when_told_so(keys: Path) -> None:
    with ftps_setting(keys, settings=with_values(load_ftps_settings(), "mailbox", list_read=False)) as ftps:
        message = ftps.contract_from()
        client = ftps.client(BVKB)
        client.get(f"{READ}/{message}.xml")
        assert client.names(READ) == []
        client.delete(f"{READ}/{message}.xml")
        assert ftps.status(message, BVKB) is MessageStatus.DELETED


def test_folders(ftps: FtpsSetting) -> None:
    client = ftps.client()
    assert client.names(CONTRACT) == ["Read", "ReadError", "Write", "WriteEvent"]
    assert client.names(f"{CONTRACT}/WriteEvent") == ["WriteEventError"]
    assert client.names(f"{CONTRACT}/Write") == []
    assert client.names("/ALDIS_ProviderDiscount") == ["DIK-v1-1"]
    assert client.refused(client.names, "/ALDIS_ProviderDiscount/DIK-v1-2").startswith("550 no-right")
    assert client.refused(client.names, "/nothing").startswith("550 unknown-path")
    assert client.refused(client.cwd, f"{READ}/00000000-0000-4000-8000-000000000000.xml").startswith("550")
    assert client.refused(client.delete, CONTRACT).startswith("550 unknown-path")
    assert client.refused(client.delete, f"{READ}/*").startswith("550 unknown-path")
    assert client.refused(client.size, CONTRACT).startswith("550 unknown-path")
    assert {entry.kind for entry in ftps.journal if entry.outcome is Outcome.FAULT} == {Kind.FTP, Kind.EXCHANGE}


def test_one_transfer_at_a_time(ftps: FtpsSetting) -> None:
    client = ftps.client()
    with pytest.raises(ftplib.error_temp, match="425 bad-sequence"):
        client.sendcmd(f"RETR {READ}/x.xml")
    connection, _ = client.ntransfercmd(f"STOR {CONTRACT}/Write/1.xml")
    with pytest.raises(ftplib.error_temp, match="450 bad-sequence"):
        client.sendcmd(f"STOR {CONTRACT}/Write/2.xml")
    connection.sendall(ftps.setting.contract_document())  # type: ignore[union-attr]
    connection.unwrap().close()  # type: ignore[union-attr]
    assert client.voidresp() == "226 the message is sent"
    # A file whose data connection never came is let go of with the next one.
    client.makepasv()
    client.sendcmd(f"STOR {CONTRACT}/Write/3.xml")
    assert client.storbinary(f"STOR {CONTRACT}/Write/4.xml", io.BytesIO(ftps.setting.contract_document()))[:3] == "226"
    assert [call.fault_code for call in ftps.calls] == [None, "incomplete-body", None]


def test_duties_are_enforced_folder_by_folder(keys: Path) -> None:
    with ftps_setting(keys, options=Options(enforce_duties=True)) as ftps:
        message = ftps.contract_from()
        client = ftps.client(BVKB)
        assert client.names(READ) == [f"{message}.xml"]
        assert client.names(ERRORS) == []  # another folder is another poll
        assert client.refused(client.names, READ).startswith("550 ")
        assert ftps.last.fault_code == RefusalCode.TOO_OFTEN
        ftps.setting.clock.advance(ftps.setting.clock.now() + timedelta(minutes=6))
        assert client.refused(client.names, READ).startswith("550 ")
        assert ftps.last.fault_code == RefusalCode.LIST_NOT_READ
        client.get(f"{READ}/{message}.xml")
        client.delete(f"{READ}/{message}.xml")
        assert client.names(READ) == []


def test_who_has_no_right_to_receive_gets_not_a_byte(ftps: FtpsSetting, monkeypatch: pytest.MonkeyPatch) -> None:
    message = ftps.contract_from()
    client = ftps.client(BVKB)

    def closed(*_: object, **__: object) -> None:
        raise Refused(Refusal(code=RefusalCode.NO_RIGHT, text="access is not open"))

    monkeypatch.setattr(Directory, "require_right", closed)
    got = bytearray()
    with pytest.raises(ftplib.error_perm, match="550 no-right"):
        client.retrbinary(f"RETR {READ}/{message}.xml", got.extend)
    assert got == b""
    assert client.refused(client.delete, f"{READ}/{message}.xml").startswith("550 no-right")
    assert client.refused(client.names, READ).startswith("550 no-right")
