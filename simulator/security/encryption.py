"""XML encryption for one receiver: a key by RSA-OAEP, an element by AES-CBC (W3C, XML Encryption Syntax)."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.x509 import Certificate
from lxml import etree

from simulator.dit.refusals import Refused
from simulator.documents.model import Basis, Provenance
from simulator.documents.parsing import Element, safe_parser
from simulator.security.errors import Check, refuse
from simulator.security.names import (
    AES128_CBC,
    AES256_CBC,
    BASE64,
    DS,
    RSA_OAEP,
    SHA1,
    THUMBPRINT,
    TYPE_ELEMENT,
    WSSE,
    XENC,
)
from simulator.security.trees import add, from_base64, make, only, text_of, to_base64

_OAEP = OAEP(mgf=MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303 - what rsa-oaep-mgf1p means
_BLOCK = 16
_KEY_BYTES = {AES256_CBC: 32, AES128_CBC: 16}
_SISTER = Provenance(
    Basis.ASSUMED, "the sister Request Service encrypts with aes256-cbc and rsa-oaep-mgf1p (documented for it)"
)


def encrypt_key(secret: bytes, receiver: Certificate) -> Element:
    """An xenc:EncryptedKey that only the receiver can open."""
    key = receiver.public_key()
    if not isinstance(key, RSAPublicKey):
        raise TypeError("keys are encrypted with RSA")
    element = make(XENC, "EncryptedKey")
    method = add(element, XENC, "EncryptionMethod", Algorithm=RSA_OAEP)
    add(method, DS, "DigestMethod", Algorithm=SHA1)
    reference = add(add(element, DS, "KeyInfo"), WSSE, "SecurityTokenReference")
    thumbprint = to_base64(receiver.fingerprint(hashes.SHA1()))  # noqa: S303 - a name, no protection
    add(reference, WSSE, "KeyIdentifier", thumbprint, ValueType=THUMBPRINT, EncodingType=BASE64)
    add(add(element, XENC, "CipherData"), XENC, "CipherValue", to_base64(key.encrypt(secret, _OAEP)))
    return element


def decrypt_key(element: Element, key: RSAPrivateKey, where: str) -> bytes:
    """The key inside an xenc:EncryptedKey; raises Refused when it was not made for us."""
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
    """An xenc:EncryptedData in the element's place; the element's own text is not changed by it."""
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
    """The element inside an xenc:EncryptedData, as the root of a document of its own.

    ``keys`` is where its xenc:EncryptedKey stands: the data's ds:KeyInfo or beside the data. Raises Refused.
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
