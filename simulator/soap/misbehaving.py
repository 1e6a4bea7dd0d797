"""What the wire does wrong before it carries a call out, when it is told to (``simulator.faults``)."""

from __future__ import annotations

import time

from simulator.documents.parsing import Element
from simulator.faults import BEFORE, HTTP_500, LOSE_REQUEST, SLOW_REPLY, Faults, Misbehaviour
from simulator.soap.addressing import Addressing
from simulator.soap.contract import DIT, SVC
from simulator.soap.faults import write_fault
from simulator.soap.refusals import EnvelopeRefusal, FaultCode, refuse
from simulator.soap.replies import Reply
from simulator.soap.services import Notes
from simulator.soap.versions import SoapVersion
from simulator.store import Unit

_PAGE = b"<!DOCTYPE html><html><body><h1>500 Internal Server Error</h1></body></html>\n"
_ID = (f"{{{DIT}}}MessageID", f"{{{SVC}}}MessageSampleId")


def strike(faults: Faults, operation: str, authority: str, unit: Unit) -> Misbehaviour | None:
    """What is to go wrong instead of this call; None when it is carried out, perhaps after a while (slow_reply)."""
    struck = faults.take(operation, authority, kind=BEFORE, unit=unit)
    if struck is not None and struck.kind == SLOW_REPLY:
        time.sleep(struck.seconds)
        return None
    return struck


def reply(struck: Misbehaviour, version: SoapVersion, addressing: Addressing | None) -> Reply:
    """What leaves in place of an answer."""
    if struck.kind == LOSE_REQUEST:
        return Reply(200, version.content_type, b"", broken=True)
    if struck.kind == HTTP_500:
        return Reply(500, "text/html", _PAGE)
    fault = refuse(
        EnvelopeRefusal.INTERNAL,
        lv="Serviss īslaicīgi nav pieejams.",
        en="The service is not available for a while.",
        cause="misbehaviour on purpose (soap_fault)",
        code=FaultCode.RECEIVER,
    ).fault
    return write_fault(fault, version, addressing)


def note(notes: Notes, wrapper: Element) -> None:
    """What the journal has to know of a call that was never carried out: what it was about."""
    found = {name: _text(wrapper, name) for name in ("ChannelURN", "ChannelVersionURN", "MessageID")}
    is_send = next(wrapper.iter(f"{{{DIT}}}MessageSave2"), None) is not None
    notes.channel_version = found["ChannelVersionURN"]
    notes.asked = tuple(str(each.text).strip() for each in wrapper.iter(*_ID) if each.text)
    if is_send:
        event = next(wrapper.iter(f"{{{DIT}}}EventMessage"), None)
        notes.asked = ()
        notes.details["message_class"] = "business" if event is None else "error"
        notes.details["related_message"] = _text(wrapper, "RelatedMessageID")
    else:
        notes.details["selector"] = {
            "channel": found["ChannelURN"],
            "version": found["ChannelVersionURN"],
            "message": found["MessageID"],
        }
        notes.details["read"] = _text(wrapper, "ReadMessage") in ("true", "1")


def _text(wrapper: Element, name: str) -> str | None:
    element = next(wrapper.iter(f"{{{DIT}}}{name}"), None)
    return element.text.strip() if element is not None and element.text else None
