"""The security of DIT's calls: a token of the STS, kept until shortly before its end, and a signature with its key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
import xmlsec
from lxml import etree

from conformance.retailers.reference.contracts import BusinessError
from conformance.retailers.reference.signing import HMAC_SHA1, WSSE, sign, timestamp
from conformance.retailers.reference.tokens import (
    Certificate,
    Credential,
    NotIssued,
    Password,
    Token,
    request_for,
    token_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

_SOAP_12 = "application/soap+xml; charset=utf-8"
_TIMEOUT = 30  # wall seconds


@dataclass(frozen=True, slots=True)
class Access:
    """How to come by tokens: the STS's address, by what it knows us, and the certificate of who may stand behind it."""

    sts: str
    credential: Credential
    trusted: str

    @classmethod
    def of(cls, endpoints: Mapping[str, Any], credentials: Mapping[str, Any]) -> Access:
        """The access that hello tells of; raises BusinessError when it lacks something."""
        lacking = [name for name, place in (("sts", endpoints), ("ca", credentials)) if not place.get(name)]
        if lacking:
            raise BusinessError(
                f"hello switches security on, but has no {' and no '.join(lacking)}; expected endpoints.sts and "
                "credentials.ca with it (docs/reference/driver-protocol.md)"
            )
        credential: Credential
        if credentials.get("certificate"):
            credential = Certificate(Path(credentials["certificate"]), Path(credentials["key"]))
        else:
            credential = Password(credentials["user"], credentials["password"])
        return cls(endpoints["sts"], credential, credentials["ca"])


class Federation:
    """Puts itself into each call (zeep's ``wsse``). Asks for a token when it has none that holds."""

    def __init__(self, access: Access, session: requests.Session, clock: Callable[[], datetime]) -> None:
        self.access = access
        self.session = session
        self.clock = clock
        self.token: Token | None = None

    def forget(self) -> None:
        """Throw the token away: DIT does not accept it."""
        self.token = None

    def current(self) -> Token:
        """The token, a new one where need be; raises NotIssued, requests.RequestException."""
        if self.token is None or not self.holds(self.token):
            self.token = self.ask()
        return self.token

    def holds(self, token: Token) -> bool:
        """Whether a token may still be used."""
        return token.holds(self.clock())

    def ask(self) -> Token:
        """Ask the STS for a token."""
        request, entropy = self.request()
        answer = self.session.post(
            self.access.sts, request, headers={"Content-Type": _SOAP_12}, timeout=_TIMEOUT, auth=_nobody
        )
        if answer.status_code >= requests.codes.bad_request and b"Envelope" not in answer.content:
            raise NotIssued(f"the STS answered with HTTP {answer.status_code}")
        return token_of(answer.content, entropy)

    def request(self) -> tuple[bytes, bytes]:
        """The request for a token, and our part of the token's key."""
        return request_for(self.access.sts, self.access.credential, self.clock())

    def apply(self, envelope: Any, headers: Any) -> tuple[Any, Any]:
        """Put Timestamp, token and signature into a call."""
        token = self.current()
        # Read as one text: moved from tree to tree, the token would be written with other prefixes than it came with.
        written = etree.tostring(self.stamp()) + token.assertion
        header = etree.fromstring(b'<o:Security xmlns:o="%s">%s</o:Security>' % (WSSE.encode(), written))
        _header_of(envelope).append(header)
        self.prove(header, header[0], token)
        return envelope, headers

    def stamp(self) -> etree._Element:
        """The Timestamp of a call."""
        return timestamp(self.clock())

    def prove(self, header: etree._Element, stamp: etree._Element, token: Token) -> None:
        """Sign the Timestamp with the token's key."""
        key = xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, token.key)
        sign(header, stamp, etree.fromstring(token.reference), key, HMAC_SHA1)

    def verify(self, envelope: Any) -> Any:
        """Answers are not signed: TLS has shown who answers."""
        return envelope


def _header_of(envelope: etree._Element) -> etree._Element:
    namespace = etree.QName(envelope).namespace
    header = envelope.find(f"{{{namespace}}}Header")
    if header is None:
        header = etree.Element(f"{{{namespace}}}Header")
        envelope.insert(0, header)
    return header


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No HTTP Basic on the way to the STS: what it needs to know stands in the envelope."""
    return request
