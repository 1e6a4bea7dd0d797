"""XML encryption, the keys inside tokens, and the content of a token in either version of SAML.

Keys are encrypted with RSA-OAEP and elements with AES-CBC, for one receiver (W3C, XML Encryption Syntax). The key
inside a token is an encrypted secret, a public key or a certificate. A secret is derived from two entropies with P_SHA1
(WS-Trust 1.3, 4.4.4; TLS 1.0, RFC 2246, section 5).
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from cryptography.x509 import Certificate
from lxml import etree

from simulator.dit.refusals import Refused
from simulator.documents.parsing import Element, safe_parser
from simulator.domain.provenance import Basis, Provenance
from simulator.security.errors import SAML_PROFILE, Check, refuse
from simulator.security.names import (
    ADVICE,
    AES128_CBC,
    AES256_CBC,
    BASE64,
    DS,
    RSA_OAEP,
    SHA1,
    THUMBPRINT,
    TYPE_ELEMENT,
    WSSE,
    WST,
    XENC,
    KeyType,
    TokenType,
)
from simulator.security.signatures import add, from_base64, make, only, text_of, to_base64

_OAEP = OAEP(mgf=MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303 - rsa-oaep-mgf1p prescribes it
_BLOCK = 16
_KEY_BYTES = {AES256_CBC: 32, AES128_CBC: 16}
_SISTER = Provenance(
    Basis.ASSUMED, "the sister Request Service encrypts with aes256-cbc and rsa-oaep-mgf1p (documented for it)"
)


def encrypt_key(secret: bytes, receiver: Certificate) -> Element:
    """Return an xenc:EncryptedKey with a secret that only the receiver can decrypt."""
    key = receiver.public_key()
    if not isinstance(key, RSAPublicKey):
        raise TypeError("keys are encrypted with RSA")
    element = make(XENC, "EncryptedKey")
    method = add(element, XENC, "EncryptionMethod", Algorithm=RSA_OAEP)
    add(method, DS, "DigestMethod", Algorithm=SHA1)
    reference = add(add(element, DS, "KeyInfo"), WSSE, "SecurityTokenReference")
    thumbprint = to_base64(receiver.fingerprint(hashes.SHA1()))  # noqa: S303 - a name, not a protection
    add(reference, WSSE, "KeyIdentifier", thumbprint, ValueType=THUMBPRINT, EncodingType=BASE64)
    add(add(element, XENC, "CipherData"), XENC, "CipherValue", to_base64(key.encrypt(secret, _OAEP)))
    return element


def decrypt_key(element: Element, key: RSAPrivateKey, where: str) -> bytes:
    """Decrypt an xenc:EncryptedKey with the receiver's ``key``; raises Refused. ``where`` names it in the message."""
    method = only(element, XENC, "EncryptionMethod")
    if method is None or method.get("Algorithm") != RSA_OAEP:
        raise _refused(
            f"{where}/xenc:EncryptionMethod",
            f"it is {method.get('Algorithm') if method is not None else 'missing'!r}",
            RSA_OAEP,
        )
    try:
        return key.decrypt(_cipher_value(element, where), _OAEP)
    except ValueError:
        raise _refused(where, "it cannot be opened with the service's key", "a key encrypted for service.pem") from None


def encrypt_element(element: Element, receiver: Certificate) -> Element:
    """Return an xenc:EncryptedData with an element for the receiver; the element itself is not changed."""
    secret, vector = os.urandom(_KEY_BYTES[AES256_CBC]), os.urandom(_BLOCK)
    plain = etree.tostring(element, encoding="utf-8")
    padding = _BLOCK - len(plain) % _BLOCK
    plain += os.urandom(padding - 1) + bytes([padding])
    encryptor = Cipher(AES(secret), CBC(vector)).encryptor()
    data = make(XENC, "EncryptedData", Type=TYPE_ELEMENT)
    add(data, XENC, "EncryptionMethod", Algorithm=AES256_CBC)
    add(data, DS, "KeyInfo").append(encrypt_key(secret, receiver))
    cipher = vector + encryptor.update(plain) + encryptor.finalize()
    add(add(data, XENC, "CipherData"), XENC, "CipherValue", to_base64(cipher))
    return data


def decrypt_element(data: Element, keys: Element, key: RSAPrivateKey, where: str) -> Element:
    """Decrypt an xenc:EncryptedData and return its element, as the root of a document of its own.

    ``keys`` is the parent of its xenc:EncryptedKey: the data's ds:KeyInfo, or the parent of the data. ``where`` names
    the data in messages. Raises Refused.
    """
    method = only(data, XENC, "EncryptionMethod")
    algorithm = method.get("Algorithm", "") if method is not None else "missing"
    if algorithm not in _KEY_BYTES:
        raise _refused(f"{where}/xenc:EncryptionMethod", f"it is {algorithm!r}", " or ".join(_KEY_BYTES))
    encrypted_key = only(keys, XENC, "EncryptedKey")
    if encrypted_key is None:
        raise _refused(where, "it has no xenc:EncryptedKey", "exactly one, in its ds:KeyInfo")
    secret = decrypt_key(encrypted_key, key, f"{where}//xenc:EncryptedKey")
    if len(secret) != _KEY_BYTES[algorithm]:
        raise _refused(where, f"its key has {len(secret)} bytes", f"{_KEY_BYTES[algorithm]} bytes for {algorithm}")
    return _parsed(_plain(_cipher_value(data, where), secret, where), where)


def _plain(cipher: bytes, secret: bytes, where: str) -> bytes:
    if len(cipher) < 2 * _BLOCK or len(cipher) % _BLOCK:
        raise _refused(where, f"its cipher text has {len(cipher)} bytes", "whole blocks of 16 bytes behind the vector")
    decryptor = Cipher(AES(secret), CBC(cipher[:_BLOCK])).decryptor()
    plain = decryptor.update(cipher[_BLOCK:]) + decryptor.finalize()
    if not 1 <= plain[-1] <= _BLOCK:
        raise _refused(where, "what it holds cannot be read", "the cipher text as the STS made it")
    return plain[: -plain[-1]]


def _parsed(plain: bytes, where: str) -> Element:
    if b"<!DOCTYPE" in plain:
        raise _refused(where, "what it holds has a DOCTYPE", "a SAML assertion")
    try:
        return etree.fromstring(plain, safe_parser())
    except etree.XMLSyntaxError:
        raise _refused(where, "what it holds is no XML", "the cipher text as the STS made it") from None


def _cipher_value(element: Element, where: str) -> bytes:
    holder = only(element, XENC, "CipherData")
    value = from_base64(text_of(only(holder, XENC, "CipherValue"))) if holder is not None else None
    if not value:
        raise _refused(where, "its xenc:CipherValue is missing or no Base64", "xenc:CipherData/xenc:CipherValue")
    return value


def _refused(element: str, found: str, expected: str) -> Refused:
    return refuse(
        Check.TOKEN_ENCRYPTION,
        element,
        found,
        expected=expected,
        remedy="pass the token on exactly as the STS gave it; ask the STS for a new one",
        source=_SISTER,
        credential=True,
    )


@dataclass(frozen=True, slots=True)
class ProofKey:
    """The key by which a caller proves that a token is its own: a shared secret, or a public key (PEM, SPKI)."""

    secret: bytes | None = None
    public: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """The content of a token. ``claims`` are values by claim type; ``clock`` names the clock of its times, if known."""

    token_type: TokenType
    id: str
    issuer: str
    issued_at: datetime
    not_before: datetime | None
    not_on_or_after: datetime | None
    audiences: tuple[str, ...]
    subject: str
    key_type: KeyType
    key: ProofKey
    claims: Mapping[str, tuple[str, ...]]
    clock: str | None = None


def write_advice(namespace: str, clock: str | None) -> Element | None:
    """Return the Advice element in which the STS notes the clock of a token's times; None without a clock."""
    if clock is None:
        return None
    advice = etree.Element(f"{{{namespace}}}Advice")
    note = etree.SubElement(advice, f"{{{ADVICE}}}LivesBy", nsmap={"aldis": ADVICE})
    note.text = clock
    return advice


def read_advice(advice: Element | None) -> str | None:
    """Return the clock that the STS noted in an Advice element, None when it noted none."""
    return text_of(advice.find(f"{{{ADVICE}}}LivesBy")) or None if advice is not None else None


def write_key_info(key: ProofKey, service: x509.Certificate) -> Element:
    """Return a ds:KeyInfo: a secret encrypted for the service, or a public key as an RSAKeyValue."""
    info = make(DS, "KeyInfo")
    if key.secret is not None:
        info.append(encrypt_key(key.secret, service))
        return info
    if key.public is None:
        raise ValueError("a key is a secret or public")
    numbers = _rsa(load_pem_public_key(key.public)).public_numbers()
    value = add(add(info, DS, "KeyValue"), DS, "RSAKeyValue")
    add(value, DS, "Modulus", to_base64(_bytes(numbers.n)))
    add(value, DS, "Exponent", to_base64(_bytes(numbers.e)))
    return info


def read_key_info(info: Element | None, service: RSAPrivateKey, where: str) -> ProofKey:
    """Read the key in a token's ds:KeyInfo, with the service's key for a secret; raises Refused when it has none."""
    if info is not None:
        encrypted = info.find(f"{{{XENC}}}EncryptedKey")
        if encrypted is not None:
            return ProofKey(secret=decrypt_key(encrypted, service, f"{where}/xenc:EncryptedKey"))
        secret = info.find(f"{{{WST}}}BinarySecret")
        if secret is not None and (value := from_base64(text_of(secret))):
            return ProofKey(secret=value)
        public = public_key_in(info)
        if public is not None:
            return ProofKey(public=public)
    raise refuse(
        Check.TOKEN_SUBJECT,
        where,
        "it holds no key that can be used",
        expected="an xenc:EncryptedKey, a wst:BinarySecret, an RSA ds:KeyValue or a ds:X509Certificate",
        remedy="take the token from this simulator's STS, and pass it on unchanged",
        source=SAML_PROFILE,
        credential=True,
    )


def public_key_in(holder: Element) -> bytes | None:
    """Return the first RSA key inside an element, of a certificate or an RSAKeyValue (PEM, SPKI); None without one."""
    certificate = certificate_in(holder)
    if certificate is not None:
        return _pem(certificate.public_key())
    value = next(holder.iter(f"{{{DS}}}RSAKeyValue"), None)
    if value is None:
        return None
    modulus, exponent = (from_base64(text_of(value.find(f"{{{DS}}}{name}"))) for name in ("Modulus", "Exponent"))
    if not modulus or not exponent:
        return None
    try:
        return _pem(RSAPublicNumbers(int.from_bytes(exponent), int.from_bytes(modulus)).public_key())
    except ValueError:
        return None


def certificate_in(holder: Element) -> x509.Certificate | None:
    """Return the first ds:X509Certificate inside an element; None without one, or when it is invalid."""
    element = next(holder.iter(f"{{{DS}}}X509Certificate"), None)
    return read_certificate(text_of(element)) if element is not None else None


def read_certificate(text: str) -> x509.Certificate | None:
    """Parse a certificate from its DER in Base64; None when it is invalid or has no RSA key."""
    data = from_base64(text)
    try:
        certificate = x509.load_der_x509_certificate(data) if data else None
        return certificate if certificate and isinstance(certificate.public_key(), RSAPublicKey) else None
    except (ValueError, UnsupportedAlgorithm):
        return None


def public_pem(certificate: x509.Certificate) -> bytes:
    """Return the certificate's public key (PEM, SPKI)."""
    return _pem(certificate.public_key())


def _pem(key: object) -> bytes:
    return _rsa(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _rsa(key: object) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey):
        raise TypeError("the key must be an RSA key")
    return key


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)


def p_sha1(secret: bytes, seed: bytes, size: int) -> bytes:
    """Return ``size`` bytes of P_SHA1; WS-Trust uses the client's entropy as secret and the server's as seed."""
    output = b""
    link = seed
    while len(output) < size:
        link = hmac.digest(secret, link, "sha1")
        output += hmac.digest(secret, link + seed, "sha1")
    return output[:size]
