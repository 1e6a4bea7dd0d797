"""What a SAML token says, whichever version of SAML it is written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from simulator.documents.parsing import Element
from simulator.security.names import ADVICE, KeyType, TokenType
from simulator.security.trees import text_of


@dataclass(frozen=True, slots=True)
class ProofKey:
    """What the bearer of a token proves with that it is his: a shared secret, or a public key (PEM, SPKI)."""

    secret: bytes | None = None
    public: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """A token's content. ``claims`` are values by claim type; ``lives_by`` is the clock that its times are of."""

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
    lives_by: str | None = None


def write_advice(namespace: str, lives_by: str | None) -> Element | None:
    """The note of our STS for itself, None when there is nothing to note."""
    if lives_by is None:
        return None
    advice = etree.Element(f"{{{namespace}}}Advice")
    note = etree.SubElement(advice, f"{{{ADVICE}}}LivesBy", nsmap={"aldis": ADVICE})
    note.text = lives_by
    return advice


def read_advice(advice: Element | None) -> str | None:
    """What our STS noted."""
    return text_of(advice.find(f"{{{ADVICE}}}LivesBy")) or None if advice is not None else None
