"""SAML 1.1 assertions as tokens: writing and reading (OASIS, SAML 1.1 core)."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509 import Certificate

from simulator.dit.refusals import Refused
from simulator.documents.parsing import Element
from simulator.security.encryption import Assertion, ProofKey, read_advice, read_key_info, write_advice, write_key_info
from simulator.security.errors import SAML_PROFILE, Check, refuse
from simulator.security.header import read_moment, write_moment
from simulator.security.names import BEARER_1, DS, HOLDER_OF_KEY_1, SAML1, KeyType, TokenType
from simulator.security.signatures import add, children, make, only, text_of

_METHODS = {KeyType.SYMMETRIC: HOLDER_OF_KEY_1, KeyType.PUBLIC: HOLDER_OF_KEY_1, KeyType.BEARER: BEARER_1}
_AUTHENTICATION = "urn:oasis:names:tc:SAML:1.0:am"


def write(assertion: Assertion, service: Certificate, *, by_certificate: bool) -> Element:
    """Return an assertion without its signature, whose place is at the end; its key is encrypted for the service.

    ``by_certificate`` is true when the user was identified by a certificate.
    """
    root = make(
        SAML1,
        "Assertion",
        MajorVersion="1",
        MinorVersion="1",
        AssertionID=assertion.id,
        Issuer=assertion.issuer,
        IssueInstant=write_moment(assertion.issued_at),
    )
    conditions = add(root, SAML1, "Conditions")
    for name, moment in (("NotBefore", assertion.not_before), ("NotOnOrAfter", assertion.not_on_or_after)):
        if moment is not None:
            conditions.set(name, write_moment(moment))
    restriction = add(conditions, SAML1, "AudienceRestrictionCondition")
    for audience in assertion.audiences:
        add(restriction, SAML1, "Audience", audience)
    advice = write_advice(SAML1, assertion.clock)
    if advice is not None:
        root.append(advice)
    method = f"{_AUTHENTICATION}:{'X509-PKI' if by_certificate else 'password'}"
    instant = write_moment(assertion.issued_at)
    statement = add(root, SAML1, "AuthenticationStatement", AuthenticationMethod=method, AuthenticationInstant=instant)
    _subject(statement, assertion, service)
    if assertion.claims:
        attributes = add(root, SAML1, "AttributeStatement")
        _subject(attributes, assertion, service)
        for name, values in assertion.claims.items():
            namespace, local = _split(name)
            attribute = add(attributes, SAML1, "Attribute", AttributeName=local, AttributeNamespace=namespace)
            for value in values:
                add(attribute, SAML1, "AttributeValue", value)
    return root


def read(root: Element, service: RSAPrivateKey) -> Assertion:
    """Read an assertion, whose signature need not be checked yet; raises Refused when it is incomplete.

    ``service`` decrypts the key inside it.
    """
    issued = read_moment(root.get("IssueInstant"))
    if (root.get("MajorVersion"), root.get("MinorVersion")) != ("1", "1") or not root.get("AssertionID") or not issued:
        raise _refused(
            "saml:Assertion", "its version, AssertionID or IssueInstant is wrong", "version 1.1, and both others"
        )
    subject = next(root.iterfind(f"*/{{{SAML1}}}Subject"), None)
    confirmation = only(subject, SAML1, "SubjectConfirmation") if subject is not None else None
    if subject is None or confirmation is None:
        raise _refused("saml:Assertion//saml:Subject", "it is missing or has no one way to be confirmed", "one of each")
    conditions = only(root, SAML1, "Conditions")
    key_type, key = _key(confirmation, service)
    return Assertion(
        token_type=TokenType.SAML_1,
        id=root.get("AssertionID", ""),
        issuer=root.get("Issuer", ""),
        issued_at=issued,
        not_before=read_moment(conditions.get("NotBefore")) if conditions is not None else None,
        not_on_or_after=read_moment(conditions.get("NotOnOrAfter")) if conditions is not None else None,
        audiences=tuple(
            text_of(element)
            for element in root.iterfind(
                f"{{{SAML1}}}Conditions/{{{SAML1}}}AudienceRestrictionCondition/{{{SAML1}}}Audience"
            )
        ),
        subject=text_of(only(subject, SAML1, "NameIdentifier")),
        key_type=key_type,
        key=key,
        claims={
            _joined(element.get("AttributeNamespace", ""), element.get("AttributeName", "")): tuple(
                text_of(value) for value in children(element, SAML1, "AttributeValue")
            )
            for element in root.iterfind(f"{{{SAML1}}}AttributeStatement/{{{SAML1}}}Attribute")
        },
        clock=read_advice(only(root, SAML1, "Advice")),
    )


def _subject(statement: Element, assertion: Assertion, service: Certificate) -> None:
    subject = add(statement, SAML1, "Subject")
    add(subject, SAML1, "NameIdentifier", assertion.subject)
    confirmation = add(subject, SAML1, "SubjectConfirmation")
    add(confirmation, SAML1, "ConfirmationMethod", _METHODS[assertion.key_type])
    if assertion.key_type is not KeyType.BEARER:
        confirmation.append(write_key_info(assertion.key, service))


def _key(confirmation: Element, service: RSAPrivateKey) -> tuple[KeyType, ProofKey]:
    place = "saml:Assertion//saml:Subject/saml:SubjectConfirmation"
    method = text_of(only(confirmation, SAML1, "ConfirmationMethod"))
    if method == BEARER_1:
        return KeyType.BEARER, ProofKey()
    if method != HOLDER_OF_KEY_1:
        raise _refused(f"{place}/saml:ConfirmationMethod", f"it is {method!r}", f"{HOLDER_OF_KEY_1} or {BEARER_1}")
    key = read_key_info(only(confirmation, DS, "KeyInfo"), service, f"{place}/ds:KeyInfo")
    return KeyType.SYMMETRIC if key.secret is not None else KeyType.PUBLIC, key


def _split(claim: str) -> tuple[str, str]:
    """Split a claim type into SAML 1.1's namespace and name, which has no slash or colon (as WIF does)."""
    separator = max(claim.rfind("/"), claim.rfind(":"))
    name = claim[separator + 1 :]
    return (claim[:separator], name) if claim[separator] == "/" else (claim[: separator + 1], name)


def _joined(namespace: str, name: str) -> str:
    return f"{namespace}{name}" if namespace.endswith((":", "/")) else f"{namespace}/{name}"


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
