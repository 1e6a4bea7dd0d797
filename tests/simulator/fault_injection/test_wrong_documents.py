"""The simulated state refuses each invalid document, for the reason that its generator gives.

DIT refuses what breaks the schema. It delivers what breaks a business rule, and ALDIS answers with an error event. In
the lists of BVKB, which go to the retailer, the retailer has to find breaches of business rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from werkzeug.test import Client, TestResponse

from conformance.payloads import InvalidDocument, fault_kinds, make_invalid
from conformance.payloads.domain.samples import sample_documents
from simulator.dit.model import MessageClass, Selector
from simulator.documents.business import RULES
from simulator.documents.profile import load_profile
from simulator.documents.reading import read_error_report
from simulator.documents.writing import write_national
from simulator.domain.clock import Clock
from simulator.domain.model import ChannelName, Document, ErrorReport
from simulator.http.provisioning import BVKB_USER
from simulator.http.simulation import Simulation
from simulator.journal import Entry, Kind
from simulator.soap.application import SERVICE, SoapApplication
from simulator.world.file import load_world
from tests.conformance.payloads.domain.test_invalid import NOWHERE
from tests.simulator.soap.setting import basic, envelope

PROFILE = load_profile()
TOWN = load_world("town")
RETAILER = TOWN.retailers[0]
BUSINESS = {rule.code for rule in RULES}
BYTES = {"encoding", "dtd", "well-formed"}  # found by the parser before there is a document
# The sender is checked first: a wrong number is not the sender's.
OTHERWISE = {"provider-check": "provider-not-sender"}
INVALID = [(channel, kind) for channel in ChannelName for kind in fault_kinds(channel)]


def _invalid_document(channel: ChannelName, kind: str) -> tuple[Document, InvalidDocument] | None:
    for document in sample_documents(channel, PROFILE, count=30, records=3, seed=1):
        invalid = make_invalid(document, PROFILE, kind)
        if invalid is not None:
            return document, invalid
    return None


@contextmanager
def _simulation(document: Document, directory: Path) -> Iterator[Simulation]:
    """The town at the moment when the document was written."""
    clock = Clock.frozen(document.header.created_at)
    simulation = Simulation.open(world=TOWN, profile=PROFILE, clock=clock, directory=directory)
    try:
        yield simulation
    finally:
        simulation.close()


def _send(simulation: Simulation, channel: ChannelName, invalid: InvalidDocument) -> TestResponse:
    """SendMessage2 by the one who sends on the channel, the document as it stands in the middle of the envelope."""
    declaration = b'<?xml version="1.0" encoding="UTF-8"?>'
    declared = invalid.data.startswith((declaration, declaration.replace(b'"', b"'")))
    data = invalid.data.partition(b"?>")[2] if declared else invalid.data
    if channel is ChannelName.DISCOUNT:
        data = _in_national_list(data)
    before, _, after = envelope(
        f"<svc:SendMessage><dit:MessageSave2>"
        f"<dit:ChannelVersionURN>{PROFILE.channel(channel).version_urn()}</dit:ChannelVersionURN>"
        f"<dit:BussinesMessage>HERE</dit:BussinesMessage></dit:MessageSave2></svc:SendMessage>"
    ).partition("HERE")
    sender = BVKB_USER if channel is ChannelName.DISCOUNT else RETAILER.user
    return Client(SoapApplication(lambda: simulation.services)).post(
        f"{SERVICE}/plain",
        data=before.encode() + data + after.encode(),
        content_type="application/soap+xml; charset=utf-8",
        headers=basic(sender),
    )


def _in_national_list(data: bytes) -> bytes:
    """Return a list, valid or not, as the only part of BVKB's national list."""
    mark = etree.Element("mark")
    listed = write_national({RETAILER.registration_number: etree.tostring(mark)}, PROFILE)
    return listed.partition(b"?>")[2].replace(etree.tostring(mark), data)


def _error_report(simulation: Simulation, channel: ChannelName) -> ErrorReport:
    """Return the error report that ALDIS sent to the retailer; there is exactly one."""
    simulation.settle()
    with simulation.store.reading() as transaction:
        caller = simulation.network.caller(transaction, RETAILER.user)
        selector = Selector(channel=PROFILE.channel(channel).urn)
        (message,) = simulation.network.list_messages(transaction, caller, selector)
        assert message.message_class is MessageClass.ERROR
        return read_error_report(transaction.blob(message.payload.reference), PROFILE)


def _exchange(simulation: Simulation) -> Entry:
    (exchange,) = (entry for entry in simulation.journal.entries() if entry.kind is Kind.EXCHANGE)
    return exchange


def _complaints(simulation: Simulation) -> list[tuple[str, str]]:
    """Return the code and the path of each mistake that DIT found, from the journal."""
    complaints: Any = _exchange(simulation).details["complaints"]
    return [(complaint["code"], complaint["path"]) for complaint in complaints]


@pytest.mark.parametrize(("channel", "kind"), INVALID)
def test_the_state_refuses_it(tmp_path: Path, channel: ChannelName, kind: str) -> None:
    sample = _invalid_document(channel, kind)
    if sample is None:
        assert (channel, kind) in NOWHERE
        return
    document, invalid = sample
    with _simulation(document, tmp_path) as simulation:
        response = _send(simulation, channel, invalid)
        if invalid.code in BUSINESS:
            assert response.status_code == HTTPStatus.OK
            if channel is not ChannelName.DISCOUNT:
                code = OTHERWISE.get(kind, invalid.code)
                assert code in {error.code for error in _error_report(simulation, channel).errors}
            return
        assert response.status_code == HTTPStatus.BAD_REQUEST
        assert etree.fromstring(response.data).find(".//{*}Fault") is not None
        assert _exchange(simulation).outcome == "fault"
        if invalid.code not in BYTES:
            code, path = _complaints(simulation)[0]
            assert code == invalid.code
            assert path.endswith(invalid.path)
