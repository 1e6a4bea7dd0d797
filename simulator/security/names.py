"""Namespaces, algorithms and type URIs of the WS-* standards, and the policies of the secured addresses and the STS.

WCF and Apache CXF configure a client from these policies (WS-SecurityPolicy 1.2).
"""

from __future__ import annotations

from enum import StrEnum

from lxml import etree

from simulator.documents.parsing import Element
from simulator.security.settings import Settings

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSSE11 = "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
WSP = "http://schemas.xmlsoap.org/ws/2004/09/policy"
WSP15 = "http://www.w3.org/ns/ws-policy"
SP = "http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702"
WSA = "http://www.w3.org/2005/08/addressing"
DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SAML2 = "urn:oasis:names:tc:SAML:2.0:assertion"
SAML1 = "urn:oasis:names:tc:SAML:1.0:assertion"
IC = "http://schemas.xmlsoap.org/ws/2005/05/identity"
ADVICE = "urn:aldis-conformance:security"
"""Namespace of the clock that this simulator's STS notes in a token (assumed; SAML's Advice allows any content)."""

ENVELOPED = f"{DS}enveloped-signature"
SHA1, SHA256, SHA512 = f"{DS}sha1", f"{XENC}sha256", f"{XENC}sha512"
HMAC_SHA1 = f"{DS}hmac-sha1"
HMAC_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
RSA_SHA1 = f"{DS}rsa-sha1"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
RSA_OAEP = f"{XENC}rsa-oaep-mgf1p"
AES256_CBC, AES128_CBC = f"{XENC}aes256-cbc", f"{XENC}aes128-cbc"
TYPE_ELEMENT = f"{XENC}Element"

SAML_PROFILE = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1"
SAML_ID = f"{SAML_PROFILE}#SAMLID"
SAML1_ID = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.0#SAMLAssertionID"
THUMBPRINT = "http://docs.oasis-open.org/wss/oasis-wss-soap-message-security-1.1#ThumbprintSHA1"
BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
PASSWORD_TEXT = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText"  # noqa: S105

ISSUE = f"{WST}/Issue"
ISSUE_ACTION = f"{WST}/RST/Issue"
ISSUE_REPLY = f"{WST}/RSTRC/IssueFinal"
PSHA1 = f"{WST}/CK/PSHA1"
NONCE = f"{WST}/Nonce"

HOLDER_OF_KEY_2 = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
BEARER_2 = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
HOLDER_OF_KEY_1 = "urn:oasis:names:tc:SAML:1.0:cm:holder-of-key"
BEARER_1 = "urn:oasis:names:tc:SAML:1.0:cm:bearer"


class TokenType(StrEnum):
    """A version of SAML; the value is the TokenType in the STS's response."""

    SAML_2 = f"{SAML_PROFILE}#SAMLV2.0"
    SAML_1 = f"{SAML_PROFILE}#SAMLV1.1"

    @property
    def label(self) -> str:
        """Name of the version in messages and in the journal."""
        return "SAML 2.0" if self is TokenType.SAML_2 else "SAML 1.1"


TOKEN_TYPES = {
    TokenType.SAML_2.value: TokenType.SAML_2,
    SAML2: TokenType.SAML_2,
    TokenType.SAML_1.value: TokenType.SAML_1,
    SAML1: TokenType.SAML_1,
}
"""Token types by the URIs that clients use for them: that of the token profile, or the namespace (WCF)."""


class KeyType(StrEnum):
    """The kind of key by which a caller proves that a token is its own; the value is WS-Trust's URI."""

    SYMMETRIC = f"{WST}/SymmetricKey"
    PUBLIC = f"{WST}/PublicKey"
    BEARER = f"{WST}/Bearer"

    @property
    def label(self) -> str:
        """Last segment of the URI, as in messages and settings."""
        return self.value.rpartition("/")[2]


STS = "/STS/Viss.Pfas.STS/sts/Issue.svc"
"""Path of the token service (documented: integration instruction v1.09, 3.2.1 and 5.1.1)."""

USERNAME, CERTIFICATE = "usernamemixed", "certificatemixed"
"""Last segments of its two addresses, below ``/trust/13/`` (documented in the same place)."""

MEX = "http://schemas.xmlsoap.org/ws/2004/09/mex"
_WSAW = "http://www.w3.org/2006/05/addressing/wsdl"
_INCLUDE = f"{SP}/IncludeToken"
_NAMES = {"wsp": WSP15, "sp": SP, "wsa": WSA, "wst": WST, "wsx": MEX, "wsaw": _WSAW, "ic": IC}


def sts_address(base: str, credential: str) -> str:
    """Return the address of the STS for a kind of credential (:data:`USERNAME` or :data:`CERTIFICATE`)."""
    return f"{base}{STS}/trust/13/{credential}"


def service_policy(base: str, settings: Settings, credential: str) -> Element:
    """Return the policy of DIT's secured addresses, for a service below a base URL such as ``https://host:port``.

    ``credential`` selects the address of the STS in the policy. The content is inferred from DIT's binding
    (ws2007FederationHttpBinding, documented).
    """
    policy, alternative = _policy("guarded")
    _transport(alternative, settings.policy.algorithm_suite.value)
    key_type = next(key_type for key_type in KeyType if key_type.label == settings.policy.key_type.value)
    kind = "SignedSupportingTokens" if key_type is KeyType.BEARER else "EndorsingSupportingTokens"
    token = _add(_nested(alternative, kind), SP, "IssuedToken")
    token.set(f"{{{SP}}}IncludeToken", f"{_INCLUDE}/AlwaysToRecipient")
    _issuer(_add(token, SP, "Issuer"), base, credential)
    _template(_add(token, SP, "RequestSecurityTokenTemplate"), settings, key_type)
    _add(_add(token, WSP15, "Policy"), SP, "RequireInternalReference")
    _common(alternative)
    return policy


def sts_policy(settings: Settings, credential: str) -> Element:
    """Return the policy of the STS's address for a kind of credential."""
    policy, alternative = _policy(credential)
    _transport(alternative, settings.policy.algorithm_suite.value)
    if credential == USERNAME:
        token = _add(_nested(alternative, "SignedSupportingTokens"), SP, "UsernameToken")
        version = "WssUsernameToken10"
    else:
        token = _add(_nested(alternative, "EndorsingSupportingTokens"), SP, "X509Token")
        version = "WssX509V3Token10"
    token.set(f"{{{SP}}}IncludeToken", f"{_INCLUDE}/AlwaysToRecipient")
    _add(_add(token, WSP15, "Policy"), SP, version)
    _common(alternative)
    return policy


def _policy(name: str) -> tuple[Element, Element]:
    policy = etree.Element(f"{{{WSP15}}}Policy", nsmap=_NAMES)
    policy.set("Name", f"urn:aldis-conformance:policy:{name}")
    return policy, _add(_add(policy, WSP15, "ExactlyOne"), WSP15, "All")


def _transport(alternative: Element, suite: str) -> None:
    binding = _nested(alternative, "TransportBinding")
    _add(_add(_nested(binding, "TransportToken"), SP, "HttpsToken"), WSP15, "Policy")
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
    for value in (*required, *(name for name in settings.claims.values if name not in required)):
        claim = _add(claims, IC, "ClaimType")
        claim.set("Uri", value)
        if value not in required:
            claim.set("Optional", "true")


def _nested(parent: Element, name: str) -> Element:
    return _add(_add(parent, SP, name), WSP15, "Policy")


def _add(parent: Element, namespace: str, name: str, text: str | None = None) -> Element:
    element = etree.SubElement(parent, f"{{{namespace}}}{name}")
    element.text = text
    return element
