"""SAML 2.0 assertions as tokens: writing and reading (OASIS, SAML 2.0 core)."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509 import Certificate
from lxml import etree

from simulator.dit.refusals import Refused
from simulator.documents.parsing import Element
from simulator.security.encryption import Assertion, ProofKey, read_advice, read_key_info, write_advice, write_key_info
from simulator.security.errors import SAML_PROFILE, Check, refuse
from simulator.security.header import read_moment, write_moment
from simulator.security.names import BEARER_2, DS, HOLDER_OF_KEY_2, SAML2, KeyType, TokenType
from simulator.security.signatures import add, children, make, only, text_of

SIGNATURE_INDEX = 1  # ds:Signature follows saml:Issuer (SAML 2.0 Core, section 5.4)

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_URI = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
_NAME = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
_CONTEXTS = "urn:oasis:names:tc:SAML:2.0:ac:classes"
_METHODS = {KeyType.SYMMETRIC: HOLDER_OF_KEY_2, KeyType.PUBLIC: HOLDER_OF_KEY_2, KeyType.BEARER: BEARER_2}


def write(assertion: Assertion, service: Certificate, *, by_certificate: bool) -> Element:
    """Return an assertion without its signature, whose place is SIGNATURE_INDEX; its key is encrypted for the service.

    ``by_certificate`` is true when the user was identified by a certificate.
    """
    root = make(SAML2, "Assertion", ID=assertion.id, IssueInstant=write_moment(assertion.issued_at), Version="2.0")
    add(root, SAML2, "Issuer", assertion.issuer)
    subject = add(root, SAML2, "Subject")
    add(subject, SAML2, "NameID", assertion.subject, Format=_NAME)
    confirmation = add(subject, SAML2, "SubjectConfirmation", Method=_METHODS[assertion.key_type])
    if assertion.key_type is not KeyType.BEARER:
        data = etree.SubElement(confirmation, f"{{{SAML2}}}SubjectConfirmationData", nsmap={"xsi": _XSI})
        data.set(f"{{{_XSI}}}type", "saml2:KeyInfoConfirmationDataType")
        data.append(write_key_info(assertion.key, service))
    conditions = add(root, SAML2, "Conditions")
    _moment(conditions, "NotBefore", assertion.not_before)
    _moment(conditions, "NotOnOrAfter", assertion.not_on_or_after)
    restriction = add(conditions, SAML2, "AudienceRestriction")
    for audience in assertion.audiences:
        add(restriction, SAML2, "Audience", audience)
    advice = write_advice(SAML2, assertion.clock)
    if advice is not None:
        root.append(advice)
    statement = add(root, SAML2, "AuthnStatement", AuthnInstant=write_moment(assertion.issued_at))
    context = f"{_CONTEXTS}:{'X509' if by_certificate else 'PasswordProtectedTransport'}"
    add(add(statement, SAML2, "AuthnContext"), SAML2, "AuthnContextClassRef", context)
    if assertion.claims:
        attributes = add(root, SAML2, "AttributeStatement")
        for name, values in assertion.claims.items():
            attribute = add(attributes, SAML2, "Attribute", Name=name, NameFormat=_URI)
            for value in values:
                add(attribute, SAML2, "AttributeValue", value)
    return root


def read(root: Element, service: RSAPrivateKey) -> Assertion:
    """Read an assertion, whose signature need not be checked yet; raises Refused when it is incomplete.

    ``service`` decrypts the key inside it.
    """
    issued = read_moment(root.get("IssueInstant"))
    if root.get("Version") != "2.0" or not root.get("ID") or issued is None:
        raise _refused(
            "saml2:Assertion", "its Version, ID or IssueInstant is wrong", "Version='2.0', an ID, a date and time"
        )
    conditions = only(root, SAML2, "Conditions")
    subject = only(root, SAML2, "Subject")
    confirmation = only(subject, SAML2, "SubjectConfirmation") if subject is not None else None
    if subject is None or confirmation is None:
        raise _refused(
            "saml2:Assertion/saml2:Subject", "it is missing or has no one way to be confirmed", "one of each"
        )
    key_type, key = _key(confirmation, service)
    return Assertion(
        token_type=TokenType.SAML_2,
        id=root.get("ID", ""),
        issuer=text_of(only(root, SAML2, "Issuer")),
        issued_at=issued,
        not_before=read_moment(conditions.get("NotBefore")) if conditions is not None else None,
        not_on_or_after=read_moment(conditions.get("NotOnOrAfter")) if conditions is not None else None,
        audiences=tuple(
            text_of(child)
            for restriction in (children(conditions, SAML2, "AudienceRestriction") if conditions is not None else ())
            for child in children(restriction, SAML2, "Audience")
        ),
        subject=text_of(only(subject, SAML2, "NameID")),
        key_type=key_type,
        key=key,
        claims={
            element.get("Name", ""): tuple(text_of(value) for value in children(element, SAML2, "AttributeValue"))
            for element in root.iterfind(f"{{{SAML2}}}AttributeStatement/{{{SAML2}}}Attribute")
        },
        clock=read_advice(only(root, SAML2, "Advice")),
    )


def _key(confirmation: Element, service: RSAPrivateKey) -> tuple[KeyType, ProofKey]:
    place = "saml2:Assertion/saml2:Subject/saml2:SubjectConfirmation"
    method = confirmation.get("Method")
    if method == BEARER_2:
        return KeyType.BEARER, ProofKey()
    if method != HOLDER_OF_KEY_2:
        raise _refused(place, f"its Method is {method!r}", f"{HOLDER_OF_KEY_2} or {BEARER_2}")
    data = only(confirmation, SAML2, "SubjectConfirmationData")
    info = only(data, DS, "KeyInfo") if data is not None else None
    key = read_key_info(info, service, f"{place}/saml2:SubjectConfirmationData/ds:KeyInfo")
    return KeyType.SYMMETRIC if key.secret is not None else KeyType.PUBLIC, key


def _moment(element: Element, name: str, moment: datetime | None) -> None:
    if moment is not None:
        element.set(name, write_moment(moment))


def _refused(element: str, found: str, expected: str) -> Refused:
    return refuse(
        Check.TOKEN,
        element,
        found,
        expected=expected,
        remedy="pass the token on exactly as the STS gave it",
        source=SAML_PROFILE,
        credential=True,
    )
