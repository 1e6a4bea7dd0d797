"""How a sub-version gets its own cut of a message: an XSLT that may neither read, write nor connect."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lxml import etree

from simulator.dit.model import DitError, Refusal
from simulator.dit.refusals import refuse
from simulator.documents.model import Basis, Provenance

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulator.dit.model import ChannelVersion, Transformation
    from simulator.documents.parsing import Element
    from simulator.store import Unit
    from simulator.store.incoming import Incoming

_SOURCE = Provenance(
    Basis.INFERRED,
    "BVKB, connecting to ALDIS: each sub-version has its own data transformation; IVIS uses XSLT",
)


class StylesheetError(Exception):
    """A version's stylesheet is missing or cannot be used; the harness's or profile's fault, never a caller's."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What a transformation made: the bytes (in the stylesheet's encoding) and the Clark name of their root."""

    data: bytes
    element: str

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.data)

    def pieces(self) -> Iterator[bytes]:
        """The bytes in pieces."""
        yield self.data

    def store(self, unit: Unit) -> str:
        """Keep it as a blob and return the reference; raises StoreError."""
        return unit.put_blob(self.data)

    def close(self) -> None:
        """Nothing but memory is held."""


@dataclass(frozen=True, slots=True)
class LargeCut:
    """A cut in a file of the store."""

    incoming: Incoming
    element: str

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.incoming.size

    def pieces(self) -> Iterator[bytes]:
        """The bytes in pieces; raises StoreError."""
        return self.incoming.pieces()

    def store(self, unit: Unit) -> str:
        """Keep it as a blob and return the reference; raises StoreError."""
        return unit.adopt(self.incoming)

    def close(self) -> None:
        """Remove the file; what was stored stays."""
        self.incoming.close()


class Cutter:
    """Makes the cuts of one message; parses the message once."""

    def __init__(self, data: bytes, root: Path) -> None:
        """``data`` is the message's payload; ``root`` the folder that stylesheets are named below.

        Raises DitError when the payload is not well-formed, or carries a DTD.
        """
        self._root = root
        try:
            self._source = etree.fromstring(data, _parser())
        except etree.XMLSyntaxError as error:
            raise unusable(f"is not well-formed XML: {error}") from error
        if self._source.getroottree().docinfo.internalDTD is not None:
            raise unusable("carries a document type declaration")

    def cut(self, version: ChannelVersion, transformation: Transformation) -> Cut | None:
        """A sub-version's cut; None when the stylesheet gives nothing for it.

        Raises DitError when the stylesheet refuses the document or makes something of it that is not one document.
        """
        try:
            result = transformed(self._root, transformation, self._source)
            if result.getroot() is None:
                return None
            # As the stylesheet's xsl:output says; write_output() would not bear a stylesheet without one.
            data = bytes(result)
            return Cut(data, str(etree.fromstring(data, _parser()).tag))
        except (etree.XSLTError, etree.XMLSyntaxError) as error:
            raise not_one_document(version, transformation, str(error)) from error


def transformed(root: Path, transformation: Transformation, source: Element) -> Any:
    """The tree that a transformation makes of a document; raises etree.XSLTError."""
    parameters = {name: etree.XSLT.strparam(value) for name, value in transformation.parameters}
    return load_stylesheet(root, transformation.stylesheet)(source, profile_run=False, **parameters)


def not_one_document(version: ChannelVersion, transformation: Transformation, error: str) -> DitError:
    """The refusal of a payload that cannot be cut for a sub-version."""
    return refuse(
        Refusal.INVALID_PAYLOAD,
        f"the payload cannot be transformed for {version.urn}: {error}",
        found=f"Stylesheet {transformation.stylesheet} of {version.urn} could not cut the payload: {error}.",
        expected="a document of which the stylesheet makes one document, or nothing, for each sub-version.",
        provenance=_SOURCE,
        remedy="check that the list names each addressee once, and follows its schema.",
    )


def unusable(what: str) -> DitError:
    """The refusal of a payload that no transformation can read."""
    return refuse(
        Refusal.INVALID_PAYLOAD,
        f"the payload {what}",
        found=f"The payload {what}.",
        expected="one well-formed XML document without DTD, which DIT can transform for each sub-version.",
        provenance=_SOURCE,
        remedy="mend the document and send it again.",
    )


_loading = threading.Lock()


def load_stylesheet(root: Path, stylesheet: str) -> etree.XSLT:
    """A stylesheet below a folder, compiled; raises StylesheetError when there is none or it is wrong."""
    with _loading:
        return _compile(root / stylesheet)


@lru_cache(maxsize=64)
def _compile(path: Path) -> etree.XSLT:
    try:
        return etree.XSLT(etree.parse(path, _parser()), access_control=etree.XSLTAccessControl.DENY_ALL)
    except (OSError, etree.XMLSyntaxError, etree.XSLTParseError) as error:
        raise StylesheetError(
            f"the stylesheet {path} cannot be used: {error}; mend it, or name another in the profile"
        ) from error


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
