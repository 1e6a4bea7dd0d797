"""The six operations of the message service as Spyne services, and the helpers that declare an operation to Spyne.

Class and field names are those of the XML, spelt as in DIT's client samples. Payloads are references
(:mod:`simulator.soap.extraction`). Each operation notes its effect in the record of the call, for the journal.
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

_ARGUMENTS = ("request", "status_filter")
"""Parameter names of a service function for the children of the request's wrapper, in their order."""


def operation(
    namespace: str, wrapper: str, *inside: tuple[str, Any], reply: str, result: str | None = None, returns: Any = None
) -> Decorator:
    """Return Spyne's ``rpc`` decorator for an operation.

    ``wrapper`` is the request's wrapper and ``inside`` its children (name and type); ``reply`` is the reply's wrapper,
    with one child ``result`` of the type ``returns``, or none. The wrappers are in ``namespace``.
    """
    decorate: Decorator = rpc(
        *(kind for _, kind in inside),
        _in_message_name=f"{{{namespace}}}{wrapper}",
        _in_variable_names={name: child for name, (child, _) in zip(_ARGUMENTS, inside, strict=False)},
        _out_message_name=f"{{{namespace}}}{reply}",
        **({} if result is None else {"_returns": returns, "_out_variable_name": result}),
    )
    return decorate


def structure(kind: Any) -> Any:
    """Return a structure's type for use as a wrapper's child, which is in the namespace of the structures."""
    return kind.customize(sub_ns=DIT)


_CLASS_CODES = {MessageClass.BUSINESS: "1", MessageClass.TRANSACTION: "2", MessageClass.ERROR: "3"}


@dataclass(slots=True)
class Invocation:
    """The context of a service function: the transaction, the caller, and the record of the call's effects.

    ``error`` is the exception that the function raised, which Spyne would turn into a fault of its own.
    """

    transaction: Transaction
    network: Network
    caller: Caller
    record: CallRecord
    examined: Examined | None = None
    error: Exception | None = None
    schemas: Catalogue = field(default_factory=Catalogue.default)


class PayloadReference(ComplexModel):
    """The element that replaces a payload: its blob, its size in bytes and the Clark name of its root."""

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
    """A message of the third class, which DIT's samples name but do not show."""

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
    """The selection of the messages that a call concerns."""

    __namespace__ = DIT
    ChannelURN = Unicode
    ChannelVersionURN = Unicode
    MessageID = Unicode


class MessageListRequestStructure(ComplexModel):
    """The selection of the messages to list."""

    __namespace__ = DIT
    ChannelURN = Unicode
    ChannelVersionURN = Unicode
    MessageID = Unicode
    ReadMessage = Boolean


class MessageResponseStructure2(ComplexModel):
    """The messages received; the protocol writes ``messages`` in their order, across their classes."""

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
    """Declare an operation whose reply's wrapper has the request's name followed by Response."""
    return operation(SVC, wrapper, (parameter, kind), reply=f"{wrapper}Response", result=result, returns=returns)


class MessageService(ServiceBase):
    """Each method takes Spyne's context, whose ``udc`` is the :class:`Invocation`, and the wrapper's one child."""

    @_operation(
        "SendMessage", "MessageSave2", structure(MessageSaveStructure2), result="SendMessageResult", returns=Boolean
    )
    def send_message_2(ctx: Any, request: Any) -> bool:  # noqa: N805
        """SendMessage2: the reply is true; it does not name the message id (documented)."""
        call: Invocation = ctx.udc
        send_request = _send_request(request)
        _note_send(call.record, send_request)
        call.record.message_ids = (call.network.send(call.transaction, call.caller, send_request, call.examined),)
        return True

    @_operation(
        "ReceiveMessage",
        "MessageRequest",
        structure(MessageRequestStructure),
        result="MessageResponse2",
        returns=structure(MessageResponseStructure2),
    )
    def receive_message_2(ctx: Any, request: Any) -> Any:  # noqa: N805
        """ReceiveMessage2: returns the messages, whose status becomes read."""
        call: Invocation = ctx.udc
        selector = _selector(request, call.record)
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
    def receive_message_list(ctx: Any, request: Any) -> Any:  # noqa: N805
        """ReceiveMessageList: lists the unread messages of the mailbox, or with ReadMessage the read ones."""
        call: Invocation = ctx.udc
        selector = _selector(request, call.record)
        read = bool(request.ReadMessage)
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
    def restore_message_list(ctx: Any, request: Any) -> bool:  # noqa: N805
        """RestoreMessageList: sets read messages back to delivered."""
        call: Invocation = ctx.udc
        call.record.asked = _ids(request.MessageBasicInfo)
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
    def delete_message(ctx: Any, request: Any) -> bool:  # noqa: N805
        """DeleteMessage: deletes one message, or the caller's messages of a channel."""
        call: Invocation = ctx.udc
        selector = _selector(request, call.record)
        call.record.message_ids = call.network.delete(call.transaction, call.caller, selector)
        _note_versions_of(call)
        return True

    @_operation("ConfirmationAck", "MessageSampleId", Unicode)
    def confirmation_ack(ctx: Any, request: Any) -> None:  # noqa: N805
        """ConfirmationAck: confirms that a read message was processed."""
        call: Invocation = ctx.udc
        call.record.asked = call.record.message_ids = (canonical(request),)
        call.network.confirm(call.transaction, call.caller, request)
        _note_versions_of(call)


def _note_versions_of(call: Invocation) -> None:
    """Note the channel versions of the messages that a call names by id, for DIT's audit."""
    if call.record.message_ids and call.record.channel_version is None:
        _note_versions(call.record, call.network.versions_of(call.transaction, call.caller, call.record.message_ids))


def _note_versions(record: CallRecord, versions: Iterable[str]) -> None:
    """Note the channel versions of a call's messages, for DIT's audit, unless the call itself names a version."""
    names = sorted(set(versions))
    if names and record.channel_version is None:
        record.details["versions"] = list(names)


def _send_request(save: Any) -> SendRequest:
    event = save.EventMessage
    message = event or save.BussinesMessage
    payload = message.Payload
    return SendRequest(
        version=save.ChannelVersionURN,
        payload=Payload(reference=payload.reference, size=payload.size, element=payload.element),
        # An event reports an error in a message, so its class is ERROR, of DIT's three (assumed).
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


def _selector(request: Any, record: CallRecord) -> Selector:
    selector = Selector(channel=request.ChannelURN, version=request.ChannelVersionURN, message=request.MessageID)
    record.asked = (canonical(selector.message),) if selector.message is not None else ()
    record.channel_version = selector.version
    record.details["selector"] = {
        "channel": selector.channel,
        "version": selector.version,
        "message": selector.message,
    }
    return selector


def _ids(listed: Iterable[Any] | None) -> tuple[str, ...]:
    return tuple(canonical(message.MessageID) for message in listed or ())


def _received(message: MailboxMessage) -> tuple[str, Any]:
    """Return the name of a message's element in the reply, and its content."""
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
