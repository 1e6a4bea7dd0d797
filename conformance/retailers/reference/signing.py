"""What WS-Security calls have in common: a Timestamp of now, and a signature over it (xmlsec)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import xmlsec
from lxml import etree

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
HMAC_SHA1 = f"{DS}hmac-sha1"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

_HOLDS = timedelta(minutes=5)


def with_text(parent: etree._Element, tag: str, text: str) -> etree._Element:
    """A new child with a text."""
    child = etree.SubElement(parent, tag)
    child.text = text
    return child


def timestamp(now: datetime) -> etree._Element:
    """A wsu:Timestamp from ``now`` on."""
    stamp = etree.Element(f"{{{WSU}}}Timestamp", nsmap={"u": WSU})
    stamp.set(f"{{{WSU}}}Id", f"T-{uuid.uuid4()}")
    for name, at in (("Created", now), ("Expires", now + _HOLDS)):
        with_text(stamp, f"{{{WSU}}}{name}", at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"))
    return stamp


def moment(text: str | None) -> datetime | None:
    """An xs:dateTime with its zone; None when it is none."""
    try:
        found = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def sign(
    header: etree._Element, stamp: etree._Element, reference: etree._Element, key: xmlsec.Key, algorithm: str
) -> None:
    """Add a signature over the Timestamp to the security header; ``reference`` says which key made it."""
    signature = etree.SubElement(header, f"{{{DS}}}Signature")
    info = etree.SubElement(signature, f"{{{DS}}}SignedInfo")
    etree.SubElement(info, f"{{{DS}}}CanonicalizationMethod", Algorithm=EXC_C14N)
    etree.SubElement(info, f"{{{DS}}}SignatureMethod", Algorithm=algorithm)
    over = etree.SubElement(info, f"{{{DS}}}Reference", URI=f"#{stamp.get(f'{{{WSU}}}Id')}")
    etree.SubElement(etree.SubElement(over, f"{{{DS}}}Transforms"), f"{{{DS}}}Transform", Algorithm=EXC_C14N)
    etree.SubElement(over, f"{{{DS}}}DigestMethod", Algorithm=f"{DS}sha1")
    etree.SubElement(over, f"{{{DS}}}DigestValue")
    etree.SubElement(signature, f"{{{DS}}}SignatureValue")
    etree.SubElement(signature, f"{{{DS}}}KeyInfo").append(reference)
    context = xmlsec.SignatureContext()
    context.key = key
    context.register_id(stamp, "Id", WSU)
    context.sign(signature)
