"""Retailers that get certificates, tokens and signatures wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import requests
import urllib3
import xmlsec
from lxml import etree

from conformance.retailers.reference.client import DitClient
from conformance.retailers.reference.driver import Driver
from conformance.retailers.reference.federation import (
    HMAC_SHA1,
    REALM,
    WSSE,
    Access,
    Federation,
    Password,
    Token,
    sign,
    timestamp,
)


class _Unchecking(DitClient):
    def trust(self, session: requests.Session, access: Access) -> None:
        del access
        session.verify = False
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)


class _OwnRealm(Federation):
    def request(self) -> tuple[bytes, bytes]:
        request, entropy = super().request()
        return request.replace(REALM.encode(), b"https://127.0.0.1/dit/v1-2/MessageService"), entropy


class _NoClaims(Federation):
    def request(self) -> tuple[bytes, bytes]:
        request, entropy = super().request()
        return re.sub(rb"<t:Claims.*</t:Claims>", b"", request), entropy


class _Keeps(Federation):
    def holds(self, token: Token) -> bool:
        return self.clock() >= token.created


class _AsksAnew(Federation):
    def holds(self, token: Token) -> bool:
        del token
        return False


class _LocalTime(Federation):
    def stamp(self) -> etree._Element:
        now = self.clock()
        return timestamp(now + (now.utcoffset() or timedelta(0)))


class _OtherKey(Federation):
    def prove(self, header: etree._Element, stamp: etree._Element, token: Token) -> None:
        key = xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, token.key[::-1])
        sign(header, stamp, etree.fromstring(token.reference), key, HMAC_SHA1)


class _OldPassword(Federation):
    def __init__(self, access: Access, session: requests.Session, clock: Any) -> None:
        assert isinstance(access.credential, Password)
        super().__init__(replace(access, credential=replace(access.credential, password="from-test")), session, clock)


class _Stubborn(DitClient):
    def forget(self) -> None:
        pass


class _SendsItOnce(Federation):
    def __init__(self, access: Access, session: requests.Session, clock: Any) -> None:
        super().__init__(access, session, clock)
        self.sent: datetime | None = None

    def apply(self, envelope: Any, headers: Any) -> tuple[Any, Any]:
        envelope, headers = super().apply(envelope, headers)
        if self.sent == self.clock():
            security = next(envelope.iter(f"{{{WSSE}}}Security"))
            security.remove(security[1])
        self.sent = self.clock()
        return envelope, headers


def _with(fault: str, client: type[DitClient]) -> type[Driver]:
    return type("FaultyRetailer", (Driver,), {"__doc__": fault, "client_type": client})


def _federated(fault: str, federation: type[Federation]) -> type[Driver]:
    return _with(fault, type("FaultyClient", (DitClient,), {"federation_type": federation}))


CertificateUnchecked = _with("Does not check the server's certificate.", _Unchecking)
OwnRealm = _federated("Asks for a token for the address that it calls.", _OwnRealm)
NoClaims = _federated("Asks for a token without claims.", _NoClaims)
StaleToken = _federated("Uses a token until DIT refuses it.", _Keeps)
TokenPerCall = _federated("Asks for a new token before each call.", _AsksAnew)
LocalTimestamp = _federated("Writes local time into the Timestamp and calls it UTC.", _LocalTime)
OtherKey = _federated("Signs with another key than the token's.", _OtherKey)
OldPassword = _federated("Uses the password of another environment.", _OldPassword)
Stubborn = _with("Goes on using a token that DIT has refused.", _Stubborn)
SendsTokenOnce = _federated("Sends the token with the first call of a run only.", _SendsItOnce)
