"""The key inside a token or a request for one: as an encrypted secret, a public key or a certificate."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from simulator.documents.parsing import Element
from simulator.security.encryption import decrypt_key, encrypt_key
from simulator.security.errors import SAML_PROFILE, Check, refuse
from simulator.security.names import DS, WST, XENC
from simulator.security.tokens import ProofKey
from simulator.security.trees import add, from_base64, make, text_of, to_base64


def write_key_info(key: ProofKey, service: x509.Certificate) -> Element:
    """A ds:KeyInfo: a secret encrypted for the service, a public key as its numbers."""
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
    """The key in a token's ds:KeyInfo; raises Refused when there is none that we can use."""
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
    """The first RSA key anywhere inside, as a certificate or as numbers (PEM, SPKI); None when there is none."""
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
    """The first certificate inside a ds:X509Data, None when there is none that can be read."""
    found = next(holder.iter(f"{{{DS}}}X509Certificate"), None)
    return read_certificate(text_of(found)) if found is not None else None


def read_certificate(text: str) -> x509.Certificate | None:
    """A certificate from its DER in Base64, None when it is none or has no RSA key."""
    data = from_base64(text)
    try:
        certificate = x509.load_der_x509_certificate(data) if data else None
        return certificate if certificate and isinstance(certificate.public_key(), RSAPublicKey) else None
    except (ValueError, UnsupportedAlgorithm):
        return None


def public_pem(certificate: x509.Certificate) -> bytes:
    """The certificate's public key (PEM, SPKI)."""
    return _pem(certificate.public_key())


def _pem(key: object) -> bytes:
    return _rsa(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _rsa(key: object) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey):
        raise TypeError("only RSA keys are used here")
    return key


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)
