"""Hands a call to its service function through Spyne and brings the answer back as an element."""

from __future__ import annotations

import functools
from typing import Any

from lxml import etree
from spyne import Application
from spyne.context import MethodContext
from spyne.protocol.xml import XmlDocument
from spyne.server import ServerBase

from simulator.documents.parsing import Element
from simulator.soap.configuring import ConfigurationService
from simulator.soap.contract import CONFIGURATION, MESSAGES, Contract
from simulator.soap.extraction import REFERENCE
from simulator.soap.services import Invocation, MessageResponseStructure2, MessageService

REFERENCE_MARK = "payload"
"""Target of the processing instruction that stands for a payload in an answer."""


class _Application(Application):  # type: ignore[misc]
    """Spyne would turn every exception into a fault of its own and lose it; here it reaches the caller."""

    def call_wrapper(self, ctx: Any) -> Any:
        call: Invocation = ctx.udc
        try:
            return super().call_wrapper(ctx)
        except Exception as error:  # noqa: BLE001 - not hidden: dispatch() raises it
            call.error = error
            return None


class _Protocol(XmlDocument):  # type: ignore[misc]
    """Plain documents: the envelope is ours. Writes received messages of several kinds in their common order."""

    def __init__(self) -> None:
        super().__init__()
        self.serialization_handlers[MessageResponseStructure2] = self._messages_to_parent

    def create_in_document(self, ctx: Any, _charset: str | None = None) -> None:
        """The request's own element, read and validated before; Spyne would parse its text once more."""
        (ctx.in_document,) = ctx.in_string

    def _messages_to_parent(self, ctx: Any, cls: Any, inst: Any, parent: Any, ns: str, name: str, **_: Any) -> None:
        place = etree.SubElement(parent, f"{{{cls.Attributes.sub_ns or ns}}}{name}")
        members = cls.get_flat_type_info(cls)
        for kind, message in inst.messages:
            self.to_parent(ctx, members[kind].customize(max_occurs=1), message, place, cls.get_namespace(), kind)


_SERVICES = {MESSAGES: MessageService, CONFIGURATION: ConfigurationService}


@functools.cache
def server(contract: Contract = MESSAGES) -> ServerBase:
    """The one Spyne application of the process for a service, without a transport of its own."""
    application = _Application(
        [_SERVICES[contract]],
        tns=contract.namespace,
        name=contract.name,
        in_protocol=_Protocol(),
        out_protocol=_Protocol(),
    )
    return ServerBase(application)


def dispatch(wrapper: Element, call: Invocation, contract: Contract = MESSAGES) -> Element:
    """Carry out the operation that a valid wrapper asks for and return the reply's wrapper.

    Raises whatever the service function raises (Refused, StoreError), and RuntimeError when Spyne itself refuses what
    the contract's schema has allowed.
    """
    spyne = server(contract)
    context = MethodContext(spyne, MethodContext.SERVER)
    context.in_string = [wrapper]
    (context,) = spyne.generate_contexts(context)
    context.udc = call
    if context.in_error is None:
        spyne.get_in_object(context)
    if context.in_error is None:
        spyne.get_out_object(context)
    if call.error is not None:
        raise call.error
    error = context.in_error or context.out_error
    if error is not None:
        raise RuntimeError(f"Spyne refused a valid {str(wrapper.tag)!r}: {error}")
    spyne.get_out_string(context)
    return _with_marks(context.out_document)


def _with_marks(answer: Element) -> Element:
    for place in list(answer.iter(f"{{{REFERENCE}}}Payload")):
        parent = place.getparent()
        if parent is not None:
            parent.replace(place, etree.ProcessingInstruction(REFERENCE_MARK, place.get("reference")))
    return answer
