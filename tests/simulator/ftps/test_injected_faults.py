"""Injected faults of FTPS: the same kinds as of SOAP."""

from __future__ import annotations

import ftplib

import pytest

from simulator.dit.model import MessageStatus
from simulator.fault_injection.faults import (
    CUT_REPLY,
    DROP_REPLY,
    HTTP_500,
    LOSE_REQUEST,
    SLOW_REPLY,
    SOAP_FAULT,
    InjectedFault,
)
from simulator.journal import Outcome
from tests.simulator.ftps.setting import BVKB, CONTRACT, Client, FtpsSetting

WRITE, READ = f"{CONTRACT}/Write/1.xml", f"{CONTRACT}/Read"
GONE = (EOFError, OSError, ftplib.Error)


def gone(client: Client) -> bool:
    try:
        client.sendcmd("NOOP")
    except GONE:
        return True
    return False


@pytest.mark.parametrize(
    ("kind", "carried_out", "answered"),
    [
        (LOSE_REQUEST, False, False),
        (HTTP_500, False, True),
        (SOAP_FAULT, False, True),
        (DROP_REPLY, True, False),
        (CUT_REPLY, True, False),
    ],
)
def test_an_upload(ftps: FtpsSetting, kind: str, carried_out: bool, answered: bool) -> None:
    ftps.setting.faults.arm(InjectedFault(kind=kind, operation="SendMessage2", authority="100777"))
    client, document = ftps.client(), ftps.setting.contract_document()
    with pytest.raises(GONE) as error:
        client.put(WRITE, document)
    assert str(error.value).startswith("451 service-not-available") is answered
    assert gone(client) is not answered
    assert ftps.arrived() == ([document] if carried_out else [])
    (call,) = ftps.calls
    assert call.outcome is (Outcome.OK if carried_out else Outcome.FAULT)
    assert call.fault_code == (None if carried_out else kind)
    assert call.details["misbehaviour"] == kind
    assert ftps.setting.blob(call.payload) == document
    assert (call.details["ftp"]["reply"] is None) is not answered  # type: ignore[index,call-overload]
    ftps.client().put(WRITE, document)


@pytest.mark.parametrize(
    ("kind", "part", "status"),
    [
        (LOSE_REQUEST, 0, MessageStatus.DELIVERED),
        (SOAP_FAULT, 0, MessageStatus.DELIVERED),
        (DROP_REPLY, 0, MessageStatus.READ),
        (CUT_REPLY, 0.5, MessageStatus.READ),
    ],
)
def test_a_download(ftps: FtpsSetting, kind: str, part: float, status: MessageStatus) -> None:
    message = ftps.contract_from()
    (document,) = ftps.arrived()
    ftps.setting.faults.arm(InjectedFault(kind=kind, operation="ReceiveMessage2"))
    client = ftps.client(BVKB)
    got = bytearray()
    with pytest.raises(GONE):
        client.retrbinary(f"RETR {READ}/{message}.xml", got.extend)
    assert got == document[: int(len(document) * part)]
    assert ftps.status(message, BVKB) is status
    (call,) = ftps.calls
    assert call.details["misbehaviour"] == kind
    assert ftps.client(BVKB).get(f"{READ}/{message}.xml") == document


@pytest.mark.parametrize("kind", [LOSE_REQUEST, SOAP_FAULT, DROP_REPLY])
def test_a_listing_and_a_deletion(ftps: FtpsSetting, kind: str) -> None:
    message = ftps.contract_from()
    for operation, command in (("ReceiveMessageList", "names"), ("DeleteMessage", "delete")):
        ftps.setting.faults.arm(InjectedFault(kind=kind, operation=operation))
        client = ftps.client(BVKB)
        with pytest.raises(GONE):
            getattr(client, command)(READ if command == "names" else f"{READ}/{message}.xml")
        assert gone(client) is (kind != SOAP_FAULT)
        assert ftps.calls[-1].details["misbehaviour"] == kind
    assert ftps.status(message, BVKB) is (MessageStatus.DELETED if kind == DROP_REPLY else MessageStatus.DELIVERED)


def test_a_slow_answer(ftps: FtpsSetting) -> None:
    ftps.setting.faults.arm(InjectedFault(kind=SLOW_REPLY, operation="SendMessage2", seconds=0.2))
    assert ftps.client().put(WRITE, ftps.setting.contract_document()) == "226 the message is sent"
    assert ftps.setting.faults.taken(SLOW_REPLY) == 1
