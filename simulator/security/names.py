"""Namespaces, algorithms and type URIs of the WS-* family, each as its standard writes it."""

from __future__ import annotations

from enum import StrEnum

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
"""Namespace of what our STS notes in a token for itself (assumed; SAML's Advice may hold anything)."""

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
    """A version of SAML; the value is the TokenType that a reply names."""

    SAML_2 = f"{SAML_PROFILE}#SAMLV2.0"
    SAML_1 = f"{SAML_PROFILE}#SAMLV1.1"

    @property
    def label(self) -> str:
        """What people call it."""
        return "SAML 2.0" if self is TokenType.SAML_2 else "SAML 1.1"


TOKEN_TYPES = {
    TokenType.SAML_2.value: TokenType.SAML_2,
    SAML2: TokenType.SAML_2,
    TokenType.SAML_1.value: TokenType.SAML_1,
    SAML1: TokenType.SAML_1,
}
"""All URIs by which clients ask for a version: the token profile's, and the namespace (as WCF does)."""


class KeyType(StrEnum):
    """What a token's bearer proves it with; the value is WS-Trust's."""

    SYMMETRIC = f"{WST}/SymmetricKey"
    PUBLIC = f"{WST}/PublicKey"
    BEARER = f"{WST}/Bearer"

    @property
    def label(self) -> str:
        """The URI's last step."""
        return self.value.rpartition("/")[2]
