"""Dispatch of a call to its service function through Spyne, with the reply as an element."""

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
"""Target of the processing instruction that refers to a payload in a reply."""


class _Application(Application):  # type: ignore[misc]
    """A Spyne application that keeps the exception of a service function, for which Spyne would return a fault."""

    def call_wrapper(self, ctx: Any) -> Any:
        call: Invocation = ctx.udc
        try:
            return super().call_wrapper(ctx)
        except Exception as error:  # noqa: BLE001 - not hidden: dispatch() raises it again
            call.error = error
            return None


class _Protocol(XmlDocument):  # type: ignore[misc]
    """Reads and writes wrappers without an envelope, and received messages in their order across their classes."""

    def __init__(self) -> None:
        super().__init__()
        self.serialization_handlers[MessageResponseStructure2] = self._messages_to_parent

    def create_in_document(self, ctx: Any, _charset: str | None = None) -> None:
        """Use the request's element, which was parsed and validated before; Spyne would parse its text again."""
        (ctx.in_document,) = ctx.in_string

    def _messages_to_parent(self, ctx: Any, cls: Any, inst: Any, parent: Any, ns: str, name: str, **_: Any) -> None:
        element = etree.SubElement(parent, f"{{{cls.Attributes.sub_ns or ns}}}{name}")
        members = cls.get_flat_type_info(cls)
        for kind, message in inst.messages:
            self.to_parent(ctx, members[kind].customize(max_occurs=1), message, element, cls.get_namespace(), kind)


_SERVICES = {MESSAGES: MessageService, CONFIGURATION: ConfigurationService}


@functools.cache
def server(contract: Contract = MESSAGES) -> ServerBase:
    """Return the Spyne application of a service, without a transport; the process has one for each service."""
    application = _Application(
        [_SERVICES[contract]],
        tns=contract.namespace,
        name=contract.name,
        in_protocol=_Protocol(),
        out_protocol=_Protocol(),
    )
    return ServerBase(application)


def dispatch(wrapper: Element, call: Invocation, contract: Contract = MESSAGES) -> Element:
    """Carry out the operation of a valid wrapper and return the reply's wrapper.

    Raises the exceptions of the service function (Refused, StoreError), and RuntimeError when Spyne refuses a wrapper
    that is valid under the contract's schema.
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


def _with_marks(reply: Element) -> Element:
    for reference in list(reply.iter(f"{{{REFERENCE}}}Payload")):
        parent = reference.getparent()
        if parent is not None:
            parent.replace(reference, etree.ProcessingInstruction(REFERENCE_MARK, reference.get("reference")))
    return reply
