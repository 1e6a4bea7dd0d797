"""What WS-Security calls have in common: a Timestamp of now, and a signature over it (xmlsec)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import xmlsec
from lxml import etree

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"

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
    header: etree._Element,
    stamp: etree._Element,
    reference: etree._Element,
    key: xmlsec.Key,
    algorithm: xmlsec.constants.__Transform,
) -> None:
    """Add a signature over the Timestamp to the security header; ``reference`` says which key made it."""
    signature = xmlsec.template.create(header, xmlsec.Transform.EXCL_C14N, algorithm, ns="ds")
    header.append(signature)
    over = xmlsec.template.add_reference(signature, xmlsec.Transform.SHA1, uri=f"#{stamp.get(f'{{{WSU}}}Id')}")
    xmlsec.template.add_transform(over, xmlsec.Transform.EXCL_C14N)
    xmlsec.template.ensure_key_info(signature).append(reference)
    context = xmlsec.SignatureContext()
    context.key = key
    context.register_id(stamp, "Id", WSU)
    context.sign(signature)
