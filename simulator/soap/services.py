"""The six operations as Spyne services: from the wire's words to DIT's and back, a few lines each.

Class and field names are those on the wire, spelt as in DIT's client samples. Payloads are references here
(:mod:`simulator.soap.extraction`). What a call did is noted for the journal as it happens.

Declares the operations of a contract to Spyne: wrappers, their children, and the namespaces of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from spyne import Boolean, ComplexModel, DateTime, Integer, ServiceBase, Unicode, XmlAttribute, rpc

from simulator.dit.calls import CallRecord
from simulator.dit.mailbox import canonical
from simulator.dit.model import Caller, MailboxMessage, MessageClass, Payload, Selector, SendRequest
from simulator.documents.catalogue import Catalogue
from simulator.soap.contract import DIT, IVIS, SVC
from simulator.soap.extraction import REFERENCE

if TYPE_CHECKING:
    from simulator.dit.network import Network
    from simulator.dit.sending import Examined
    from simulator.store import Transaction


Decorator = Callable[[Callable[..., Any]], Any]

_ARGUMENTS = ("asked", "also")
"""The parameter names of a service function for the children of the request's wrapper, in their order."""


def operation(
    namespace: str, wrapper: str, *inside: tuple[str, Any], reply: str, result: str | None = None, returns: Any = None
) -> Decorator:
    """Spyne's ``rpc`` for a wrapper with its children (name and kind), answered by a wrapper with one child or none."""
    decorate: Decorator = rpc(
        *(kind for _, kind in inside),
        _in_message_name=f"{{{namespace}}}{wrapper}",
        _in_variable_names={name: child for name, (child, _) in zip(_ARGUMENTS, inside, strict=False)},
        _out_message_name=f"{{{namespace}}}{reply}",
        **({} if result is None else {"_returns": returns, "_out_variable_name": result}),
    )
    return decorate


def structure(kind: Any) -> Any:
    """A child that carries a structure stands in the structures' namespace, not in the wrapper's."""
    return kind.customize(sub_ns=DIT)


_CLASS_CODES = {MessageClass.BUSINESS: "1", MessageClass.TRANSACTION: "2", MessageClass.ERROR: "3"}


@dataclass(slots=True)
class Invocation:
    """A call as a service function gets it: its transaction, its caller, and the record of what it does."""

    transaction: Transaction
    network: Network
    caller: Caller
    record: CallRecord
    examined: Examined | None = None
    error: Exception | None = None
    schemas: Catalogue = field(default_factory=Catalogue.default)


class PayloadReference(ComplexModel):
    """Stands where the payload stood: its blob, its size in bytes and the Clark name of its root."""

    __namespace__ = REFERENCE
    __type_name__ = "Payload"
    reference = XmlAttribute(Unicode)
    size = XmlAttribute(Integer)
    element = XmlAttribute(Unicode)


_Payload = PayloadReference.customize(sub_ns=REFERENCE, sub_name="Payload")


class BussinesMessageType(ComplexModel):
    """A business message."""

    __namespace__ = DIT
    MessageID = Unicode
    Payload = _Payload


class EventMessageType(ComplexModel):
    """An event message, such as an error about an earlier message."""

    __namespace__ = DIT
    MessageID = Unicode
    Payload = _Payload
    Name = Unicode
    RelatedMessageID = Unicode


class TransactionMessageType(ComplexModel):
    """A message of the third kind; DIT's samples only name it."""

    __namespace__ = DIT
    MessageID = Unicode
    Payload = _Payload


class ReceiverFilterStructure(ComplexModel):
    """The receivers that a sender chooses."""

    __namespace__ = DIT
    Authority = Unicode.customize(max_occurs="unbounded")


class MessageSaveStructure2(ComplexModel):
    """A message to be sent."""

    __namespace__ = DIT
    ReceiverFilter = ReceiverFilterStructure
    ChannelVersionURN = Unicode
    BussinesMessage = BussinesMessageType
    EventMessage = EventMessageType


class MessageRequestStructure(ComplexModel):
    """Which messages a call means."""

    __namespace__ = DIT
    ChannelURN = Unicode
    ChannelVersionURN = Unicode
    MessageID = Unicode


class MessageListRequestStructure(ComplexModel):
    """Which messages to list."""

    __namespace__ = DIT
    ChannelURN = Unicode
    ChannelVersionURN = Unicode
    MessageID = Unicode
    ReadMessage = Boolean


class MessageResponseStructure2(ComplexModel):
    """The messages received; the protocol writes ``messages`` in their order, whatever their kinds."""

    __namespace__ = DIT
    BussinesMessage = BussinesMessageType.customize(max_occurs="unbounded")
    EventMessageType = EventMessageType.customize(max_occurs="unbounded")
    Message = TransactionMessageType.customize(max_occurs="unbounded")

    messages: tuple[tuple[str, Any], ...] = ()


class MessageClassStructure(ComplexModel):
    """A message class by its code."""

    __namespace__ = DIT
    CodeListCodeValue = Unicode


class AuthorityBasicInfoStructure(ComplexModel):
    """An authority."""

    __namespace__ = IVIS
    AuthorityID = Unicode
    ShortName = Unicode
    Name = Unicode


class MessageBasicInfoStructure(ComplexModel):
    """One message in a list."""

    __namespace__ = DIT
    MessageID = Unicode
    ChannelVersionURN = Unicode
    MessageClass = MessageClassStructure
    MessageStatus = Unicode
    SenderAuthority = AuthorityBasicInfoStructure
    SentDateTime = DateTime
    MessageSize = Integer


class MessageBasicInfoListStructure(ComplexModel):
    """A list of messages."""

    __namespace__ = DIT
    MessageBasicInfo = MessageBasicInfoStructure.customize(max_occurs="unbounded")


def _operation(wrapper: str, parameter: str, kind: Any, *, result: str | None = None, returns: Any = None) -> Decorator:
    """All but the name of the reply's wrapper, which is the request's with Response behind it."""
    return operation(SVC, wrapper, (parameter, kind), reply=f"{wrapper}Response", result=result, returns=returns)


class MessageService(ServiceBase):
    """Each method takes Spyne's context, whose ``udc`` is the :class:`Invocation`, and the wrapper's one child."""

    @_operation(
        "SendMessage", "MessageSave2", structure(MessageSaveStructure2), result="SendMessageResult", returns=Boolean
    )
    def send_message_2(ctx: Any, asked: Any) -> bool:  # noqa: N805
        """SendMessage2: the answer is true; the sender learns no message id (documented)."""
        call: Invocation = ctx.udc
        request = _send_request(asked)
        _note_send(call.record, request)
        call.record.message_ids = (call.network.send(call.transaction, call.caller, request, call.examined),)
        return True

    @_operation(
        "ReceiveMessage",
        "MessageRequest",
        structure(MessageRequestStructure),
        result="MessageResponse2",
        returns=structure(MessageResponseStructure2),
    )
    def receive_message_2(ctx: Any, asked: Any) -> Any:  # noqa: N805
        """ReceiveMessage2: the messages, which are then read."""
        call: Invocation = ctx.udc
        selector = _selector(asked, call.record)
        messages = call.network.receive(call.transaction, call.caller, selector)
        call.record.message_ids = tuple(message.id for message in messages)
        call.record.details["payloads"] = {message.id: message.payload.reference for message in messages}
        call.record.details["size"] = sum(message.payload.size for message in messages)
        _note_versions(call.record, (message.version for message in messages))
        answer = MessageResponseStructure2()
        answer.messages = tuple(_received(message) for message in messages)
        return answer

    @_operation(
        "ReceiveMessageList",
        "MessageListRequest",
        structure(MessageListRequestStructure),
        result="MessageBasicInfoList",
        returns=structure(MessageBasicInfoListStructure),
    )
    def receive_message_list(ctx: Any, asked: Any) -> Any:  # noqa: N805
        """ReceiveMessageList: what lies in the mailbox, unread or (ReadMessage) read."""
        call: Invocation = ctx.udc
        selector = _selector(asked, call.record)
        read = bool(asked.ReadMessage)
        call.record.details["read"] = read
        messages = call.network.list_messages(call.transaction, call.caller, selector, read=read)
        call.record.message_ids = tuple(message.id for message in messages)
        _note_versions(call.record, (message.version for message in messages))
        return MessageBasicInfoListStructure(MessageBasicInfo=[_basic_info(message) for message in messages])

    @_operation(
        "RestoreMessageList",
        "MessageBasicInfoList",
        structure(MessageBasicInfoListStructure),
        result="RestoreMessageListResult",
        returns=Boolean,
    )
    def restore_message_list(ctx: Any, asked: Any) -> bool:  # noqa: N805
        """RestoreMessageList: read messages become delivered again."""
        call: Invocation = ctx.udc
        call.record.asked = _ids(asked.MessageBasicInfo)
        call.record.message_ids = call.network.restore(call.transaction, call.caller, call.record.asked)
        _note_versions_of(call)
        return True

    @_operation(
        "DeleteMessage",
        "MessageRequest",
        structure(MessageRequestStructure),
        result="DeleteMessageResult",
        returns=Boolean,
    )
    def delete_message(ctx: Any, asked: Any) -> bool:  # noqa: N805
        """DeleteMessage: one message, or the caller's messages of a channel."""
        call: Invocation = ctx.udc
        selector = _selector(asked, call.record)
        call.record.message_ids = call.network.delete(call.transaction, call.caller, selector)
        _note_versions_of(call)
        return True

    @_operation("ConfirmationAck", "MessageSampleId", Unicode)
    def confirmation_ack(ctx: Any, asked: Any) -> None:  # noqa: N805
        """ConfirmationAck: a read message was processed."""
        call: Invocation = ctx.udc
        call.record.asked = call.record.message_ids = (canonical(asked),)
        call.network.confirm(call.transaction, call.caller, asked)
        _note_versions_of(call)


def _note_versions_of(call: Invocation) -> None:
    """Of the messages that a call names by their ids."""
    if call.record.message_ids and call.record.channel_version is None:
        _note_versions(call.record, call.network.versions_of(call.transaction, call.caller, call.record.message_ids))


def _note_versions(record: CallRecord, versions: Iterable[str]) -> None:
    """Under which versions the messages of a call lie, where the call itself names none: for DIT's audit."""
    found = sorted(set(versions))
    if found and record.channel_version is None:
        record.details["versions"] = list(found)


def _send_request(save: Any) -> SendRequest:
    event = save.EventMessage
    message = event or save.BussinesMessage
    payload = message.Payload
    return SendRequest(
        version=save.ChannelVersionURN,
        payload=Payload(reference=payload.reference, size=payload.size, element=payload.element),
        # An event is an error about a message: of DIT's three classes the one that fits (assumed).
        message_class=MessageClass.BUSINESS if event is None else MessageClass.ERROR,
        receivers=tuple(save.ReceiverFilter.Authority) if save.ReceiverFilter is not None else (),
        related_message=None if event is None else event.RelatedMessageID,
        event_name=None if event is None else event.Name,
    )


def _note_send(record: CallRecord, request: SendRequest) -> None:
    record.channel_version = request.version
    record.payload = request.payload.reference
    record.details |= {
        "message_class": request.message_class,
        "receivers": list(request.receivers),
        "related_message": request.related_message,
        "event_name": request.event_name,
        "size": request.payload.size,
    }


def _selector(asked: Any, record: CallRecord) -> Selector:
    selector = Selector(channel=asked.ChannelURN, version=asked.ChannelVersionURN, message=asked.MessageID)
    record.asked = (canonical(selector.message),) if selector.message is not None else ()
    record.channel_version = selector.version
    record.details["selector"] = {
        "channel": selector.channel,
        "version": selector.version,
        "message": selector.message,
    }
    return selector


def _ids(listed: Iterable[Any] | None) -> tuple[str, ...]:
    return tuple(canonical(each.MessageID) for each in listed or ())


def _received(message: MailboxMessage) -> tuple[str, Any]:
    """The element's name and its content."""
    payload = PayloadReference(reference=message.payload.reference)
    if message.message_class is MessageClass.BUSINESS:
        return "BussinesMessage", BussinesMessageType(MessageID=message.id, Payload=payload)
    if message.message_class is MessageClass.TRANSACTION:
        return "Message", TransactionMessageType(MessageID=message.id, Payload=payload)
    event = EventMessageType(
        MessageID=message.id,
        Payload=payload,
        Name=message.event_name or "",
        RelatedMessageID=message.related_message,
    )
    return "EventMessageType", event


def _basic_info(message: MailboxMessage) -> MessageBasicInfoStructure:
    return MessageBasicInfoStructure(
        MessageID=message.id,
        ChannelVersionURN=message.version,
        MessageClass=MessageClassStructure(CodeListCodeValue=_CLASS_CODES[message.message_class]),
        MessageStatus=message.status,
        SenderAuthority=AuthorityBasicInfoStructure(AuthorityID=message.sender),
        SentDateTime=message.sent_at,
        MessageSize=message.payload.size,
    )
