"""The WS-SecurityPolicy of the guarded addresses and of the STS: from it WCF and Apache CXF configure themselves."""

from __future__ import annotations

from lxml import etree

from simulator.documents.parsing import Element
from simulator.security.names import IC, SP, WSA, WST, KeyType, TokenType
from simulator.security.settings import Settings

STS = "/STS/Viss.Pfas.STS/sts/Issue.svc"
"""Path of the token service (documented: integration instruction v1.09, 3.2.1 and 5.1.1)."""

USERNAME, CERTIFICATE = "usernamemixed", "certificatemixed"
"""Last steps of its two addresses, below ``/trust/13/`` (documented likewise)."""

WSP = "http://www.w3.org/ns/ws-policy"
MEX = "http://schemas.xmlsoap.org/ws/2004/09/mex"
_WSAW = "http://www.w3.org/2006/05/addressing/wsdl"
_INCLUDE = f"{SP}/IncludeToken"
_NAMES = {"wsp": WSP, "sp": SP, "wsa": WSA, "wst": WST, "wsx": MEX, "wsaw": _WSAW, "ic": IC}


def sts_address(base: str, credential: str) -> str:
    """The address of the STS for one kind of credential (:data:`USERNAME` or :data:`CERTIFICATE`)."""
    return f"{base}{STS}/trust/13/{credential}"


def service_policy(base: str, settings: Settings, credential: str) -> Element:
    """The policy of DIT's guarded addresses, for a service below a base address such as ``https://host:port``.

    ``credential`` says to which address of the STS clients are sent. That this is what DIT publishes is inferred from
    the binding (ws2007FederationHttpBinding, documented).
    """
    policy, alternative = _policy("guarded")
    _transport(alternative, settings.policy.algorithm_suite.value)
    key_type = next(each for each in KeyType if each.label == settings.policy.key_type.value)
    kind = "SignedSupportingTokens" if key_type is KeyType.BEARER else "EndorsingSupportingTokens"
    token = _add(_nested(alternative, kind), SP, "IssuedToken")
    token.set(f"{{{SP}}}IncludeToken", f"{_INCLUDE}/AlwaysToRecipient")
    _issuer(_add(token, SP, "Issuer"), base, credential)
    _template(_add(token, SP, "RequestSecurityTokenTemplate"), settings, key_type)
    _add(_add(token, WSP, "Policy"), SP, "RequireInternalReference")
    _common(alternative)
    return policy


def sts_policy(settings: Settings, credential: str) -> Element:
    """The policy of one address of the STS."""
    policy, alternative = _policy(credential)
    _transport(alternative, settings.policy.algorithm_suite.value)
    if credential == USERNAME:
        token = _add(_nested(alternative, "SignedSupportingTokens"), SP, "UsernameToken")
        version = "WssUsernameToken10"
    else:
        token = _add(_nested(alternative, "EndorsingSupportingTokens"), SP, "X509Token")
        version = "WssX509V3Token10"
    token.set(f"{{{SP}}}IncludeToken", f"{_INCLUDE}/AlwaysToRecipient")
    _add(_add(token, WSP, "Policy"), SP, version)
    _common(alternative)
    return policy


def _policy(name: str) -> tuple[Element, Element]:
    policy = etree.Element(f"{{{WSP}}}Policy", nsmap=_NAMES)
    policy.set("Name", f"urn:aldis-conformance:policy:{name}")
    return policy, _add(_add(policy, WSP, "ExactlyOne"), WSP, "All")


def _transport(alternative: Element, suite: str) -> None:
    binding = _nested(alternative, "TransportBinding")
    _add(_add(_nested(binding, "TransportToken"), SP, "HttpsToken"), WSP, "Policy")
    _add(_nested(binding, "AlgorithmSuite"), SP, suite)
    _add(_nested(binding, "Layout"), SP, "Strict")
    _add(binding, SP, "IncludeTimestamp")


def _common(alternative: Element) -> None:
    _nested(alternative, "Wss11")
    trust = _nested(alternative, "Trust13")
    for name in ("MustSupportIssuedTokens", "RequireClientEntropy", "RequireServerEntropy"):
        _add(trust, SP, name)
    _add(alternative, _WSAW, "UsingAddressing")


def _issuer(issuer: Element, base: str, credential: str) -> None:
    _add(issuer, WSA, "Address", sts_address(base, credential))
    section = _add(_add(_add(issuer, WSA, "Metadata"), MEX, "Metadata"), MEX, "MetadataSection")
    reference = _add(section, MEX, "MetadataReference")
    _add(reference, WSA, "Address", f"{base}{STS}/mex")


def _template(template: Element, settings: Settings, key_type: KeyType) -> None:
    token_type = TokenType.SAML_2 if settings.sts.token_type.value == "2.0" else TokenType.SAML_1
    _add(template, WST, "TokenType", token_type.value)
    _add(template, WST, "KeyType", key_type.value)
    if key_type is KeyType.SYMMETRIC:
        _add(template, WST, "KeySize", "256")
    claims = _add(template, WST, "Claims")
    claims.set("Dialect", IC)
    required = settings.claims.required.value
    for each in (*required, *(name for name in settings.claims.values if name not in required)):
        claim = _add(claims, IC, "ClaimType")
        claim.set("Uri", each)
        if each not in required:
            claim.set("Optional", "true")


def _nested(parent: Element, name: str) -> Element:
    return _add(_add(parent, SP, name), WSP, "Policy")


def _add(parent: Element, namespace: str, name: str, text: str | None = None) -> Element:
    element = etree.SubElement(parent, f"{{{namespace}}}{name}")
    element.text = text
    return element
