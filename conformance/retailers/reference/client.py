"""SOAP client of DIT's message service: zeep on the served WSDL, SOAP 1.2, with a token of the STS.

In a retailer's system this is the adapter to DIT. Without security (addresses that only the simulator has) the user is
named by HTTP Basic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from lxml import etree
from zeep import Client, Settings, Transport
from zeep.exceptions import Fault, TransportError

from conformance.retailers.reference.federation import Access, Federation, NotIssued

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

_SERVICE = "/MessageService"
_SVC = "http://ivis.eps.gov.lv/ISS/DITService/v1-0"
_BINDINGS = {False: f"{{{_SVC}}}DITMessageService_Plain", True: f"{{{_SVC}}}DITMessageService_ws2007FederationNoSct"}
_TIMEOUT = 30  # wall seconds for one call


class Refused(Exception):
    """DIT answered with a fault of the caller; the call must not be repeated."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{text} ({code})" if code else text)


class ConnectionLost(Exception):
    """No answer, or a fault of DIT itself or of the token: the call has to be repeated."""


class NotAdmitted(ConnectionLost):
    """DIT answered InvalidSecurity: it does not accept the token."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message from the mailbox. An event is about the message ``related``."""

    message_id: str
    payload: bytes
    is_event: bool = False
    related: str | None = None


class DitClient:
    """A method for each operation of the message service. Each raises Refused or ConnectionLost.

    ``address`` is the SOAP 1.2 address of the service; ``wsdl`` that of its description, by default derived from
    ``address`` and fetched with the first call. ``access`` has what it takes to get a token (None: without security),
    ``clock`` returns the time.
    """

    federation_type = Federation

    def __init__(
        self,
        address: str,
        user: str,
        password: str,
        *,
        wsdl: str | None = None,
        access: Access | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._address = address
        self._wsdl = wsdl or f"{address.partition(_SERVICE)[0]}{_SERVICE}?wsdl"
        self._session = requests.Session()
        self._session.trust_env = False  # the machine's proxy settings must not apply to a local simulator
        self._federation: Federation | None = None
        if access is None or clock is None:
            self._session.auth = (user, password)
        else:
            self.trust(self._session, access)
            self._federation = self.federation_type(access, self._session, clock)
        self._client: Client | None = None
        self._service: Any = None

    def trust(self, session: requests.Session, access: Access) -> None:
        """Accept only servers whose certificate is signed by the authority in ``access``."""
        session.verify = access.trusted

    def forget(self) -> None:
        """Discard the token, if there is one."""
        if self._federation is not None:
            self._federation.forget()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(self, version: str, payload: bytes) -> None:
        """Send a business message on a channel version."""
        message = {"ChannelVersionURN": version, "BussinesMessage": {"_value_1": _element(payload)}}
        self._command("SendMessage2", MessageSave2=message)

    def send_event(self, version: str, payload: bytes, *, name: str, related: str) -> None:
        """Send an event about a message that came on this channel version."""
        event = {"_value_1": _element(payload), "Name": name, "RelatedMessageID": related}
        self._command("SendMessage2", MessageSave2={"ChannelVersionURN": version, "EventMessage": event})

    def list_messages(self, version: str, *, read: bool = False) -> tuple[str, ...]:
        """Return the ids of the unread (or the read) messages of a channel version, in order of delivery."""
        request = {"ChannelVersionURN": version, "ReadMessage": read}
        listed = self._call("ReceiveMessageList", MessageListRequest=request)
        return tuple(message.MessageID for message in listed or ())

    def receive_message(self, message_id: str) -> tuple[Received, ...]:
        """Read one message; it is marked as read."""
        return _received(self._call("ReceiveMessage2", MessageRequest={"MessageID": message_id}))

    def receive_version(self, version: str) -> tuple[Received, ...]:
        """Read all unread messages of a channel version; they are marked as read."""
        return _received(self._call("ReceiveMessage2", MessageRequest={"ChannelVersionURN": version}))

    def restore(self, message_ids: Iterable[str]) -> None:
        """Mark read messages as unread."""
        restored = {"MessageBasicInfo": [{"MessageID": message_id} for message_id in message_ids]}
        self._command("RestoreMessageList", MessageBasicInfoList=restored)

    def delete(self, message_id: str) -> None:
        """Delete one message from the mailbox."""
        self._command("DeleteMessage", MessageRequest={"MessageID": message_id})

    def confirm(self, message_id: str) -> None:
        """Acknowledge that a message was processed."""
        self._call("ConfirmationAck", MessageSampleId=message_id)

    def _command(self, operation: str, **arguments: Any) -> None:
        if self._call(operation, **arguments) is False:
            raise Refused("", f"{operation} answered false")

    def _call(self, operation: str, **arguments: Any) -> Any:
        try:
            return self._once(operation, **arguments)
        except NotAdmitted:
            # DIT gives no reason why it refuses a token, so try once with a new one.
            self.forget()
            return self._once(operation, **arguments)

    def _once(self, operation: str, **arguments: Any) -> Any:
        try:
            call: Callable[..., Any] = getattr(self._proxy(), operation)
            return call(**arguments)
        except Fault as fault:
            if not fault.code:  # an answer in XML, but no SOAP fault: a gateway's error page, for example
                raise ConnectionLost(f"{operation}: an answer that is no SOAP") from fault
            if any(str(subcode).rpartition("}")[2] == "InvalidSecurity" for subcode in fault.subcodes or ()):
                raise NotAdmitted(f"{operation}: {fault.message}") from fault
            if str(fault.code).rpartition(":")[2] in ("Receiver", "Server"):
                raise ConnectionLost(f"{operation}: {fault.message} ({fault.code})") from fault
            raise Refused(str(fault.code), str(fault.message)) from fault
        except NotIssued as reason:
            raise ConnectionLost(f"{operation}: {reason}") from reason
        except TransportError as reason:
            raise ConnectionLost(f"{operation}: HTTP {reason.status_code} without a SOAP fault") from reason
        except (requests.RequestException, OSError) as reason:
            raise ConnectionLost(f"{operation}: {reason}") from reason

    def _proxy(self) -> Any:
        if self._client is None:
            transport = Transport(  # type: ignore[no-untyped-call]
                session=self._session, timeout=_TIMEOUT, operation_timeout=_TIMEOUT
            )
            settings = Settings(xml_huge_tree=True)
            self._client = Client(  # type: ignore[no-untyped-call]
                self._wsdl, transport=transport, settings=settings, wsse=self._federation
            )
            binding = _BINDINGS[self._federation is not None]
            self._service = self._client.create_service(binding, self._address)  # type: ignore[no-untyped-call]
        return self._service


def _element(payload: bytes) -> etree._Element:
    # Parsed again for each call, so that a repetition carries exactly the stored document.
    return etree.fromstring(payload, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def _received(response: Any) -> tuple[Received, ...]:
    messages: list[Received] = []
    for item in (response._value_1 if response is not None else None) or ():  # noqa: SLF001 - zeep's name for a choice
        for kind, message in item.items():
            if message is not None:
                messages.append(
                    Received(
                        message_id=message.MessageID,
                        payload=etree.tostring(message._value_1, encoding="UTF-8", xml_declaration=True),  # noqa: SLF001
                        is_event=kind == "EventMessageType",
                        related=getattr(message, "RelatedMessageID", None) if kind == "EventMessageType" else None,
                    )
                )
    return tuple(messages)
