"""Transformation of a message for a sub-version, by an XSLT that may neither read, write nor connect."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from simulator.dit.model import RefusalCode
from simulator.dit.refusals import Refused, refuse
from simulator.dit.xslt_process import Failed, Stopped, Unreadable, Unusable
from simulator.dit.xslt_worker import compile_stylesheet
from simulator.domain.provenance import Basis, Provenance

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulator.dit.model import ChannelVersion, Transformation
    from simulator.dit.xslt_process import Made, Transformer
    from simulator.store import Transaction
    from simulator.store.incoming import Incoming

SECONDS = 10.0
"""Wall time for one transformation, unless said otherwise (assumed)."""

_SOURCE = Provenance(
    Basis.INFERRED,
    "BVKB, connecting to ALDIS: each sub-version has its own data transformation; IVIS uses XSLT",
)


class StylesheetError(Exception):
    """A version's stylesheet is missing or cannot be used; the harness's or profile's fault, never a caller's."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The result of a transformation: bytes (in the stylesheet's encoding), and the Clark name of their root."""

    data: bytes
    element: str

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.data)

    def pieces(self) -> Iterator[bytes]:
        """The bytes in pieces."""
        yield self.data

    def store(self, transaction: Transaction) -> str:
        """Keep it as a blob and return the reference; raises StoreError."""
        return transaction.put_blob(self.data)

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

    def store(self, transaction: Transaction) -> str:
        """Keep it as a blob and return the reference; raises StoreError."""
        return transaction.adopt(self.incoming)

    def close(self) -> None:
        """Remove the file; what was stored stays."""
        self.incoming.close()


class Cutter:
    """Makes the cuts of one message, in a process of their own; the message is parsed once."""

    def __init__(self, data: bytes, root: Path, transformer: Transformer, seconds: float = SECONDS) -> None:
        """``data`` is the message's payload; ``root`` the folder that stylesheets are named below.

        ``seconds`` is the most wall time for one cut. Raises Refused when the payload is not well-formed, or carries
        a DTD.
        """
        self._root = root
        self._transformer = transformer
        self._seconds = seconds
        try:
            transformer.take(data)
        except Unreadable as error:
            raise unusable(str(error)) from error
        except Stopped as error:
            raise unusable(f"cannot be read for its transformation, which {error}") from error

    def cut(self, version: ChannelVersion, transformation: Transformation) -> Cut | None:
        """A sub-version's cut; None when the stylesheet gives nothing for it.

        Raises Refused when the stylesheet refuses the document, makes something of it that is not one document, or
        takes too long.
        """
        made = transformed(self._root, version, transformation, self._transformer, self._seconds)
        return None if made is None else Cut(made.data, made.element)


def transformed(
    root: Path,
    version: ChannelVersion,
    transformation: Transformation,
    transformer: Transformer,
    seconds: float,
    *,
    records: tuple[str, ...] | None = None,
) -> Made | None:
    """Return a transformation's result for the transformer's document; raises Refused, or StylesheetError."""
    path = root / transformation.stylesheet
    try:
        return transformer.make(path, transformation, seconds, records=records)
    except Unusable as error:
        raise _stylesheet_error(path, error) from error
    except Failed as error:
        raise not_one_document(version, transformation, str(error)) from error
    except Stopped as error:
        raise _stopped(version, transformation, str(error)) from error


def _stopped(version: ChannelVersion, transformation: Transformation, why: str) -> Refused:
    """The refusal of a message whose transformation was ended; its sender did nothing wrong."""
    return refuse(
        RefusalCode.TRANSFORMATION,
        f"the transformation for {version.urn} {why}; the message was not accepted",
        latvian=f"Ziņojuma pārveidošana kanāla versijai {version.urn} ir pārtraukta; ziņojums nav pieņemts.",
        found=f"Stylesheet {transformation.stylesheet} of {version.urn} {why} and was ended.",
        expected="a stylesheet that ends: DIT's transformations run for a bounded time (assumed; the profile's "
        "limits.transformation_seconds changes it).",
        source=_SOURCE,
        remedy="tell the channel's owner, who mends the stylesheet; look for a template that calls itself without end.",
        server_side=True,
    )


def not_one_document(version: ChannelVersion, transformation: Transformation, error: str) -> Refused:
    """The refusal of a payload that cannot be cut for a sub-version."""
    return refuse(
        RefusalCode.INVALID_PAYLOAD,
        f"the payload cannot be transformed for {version.urn}: {error}",
        found=f"Stylesheet {transformation.stylesheet} of {version.urn} could not cut the payload: {error}.",
        expected="a document of which the stylesheet makes one document, or nothing, for each sub-version.",
        source=_SOURCE,
        remedy="check that the list names each addressee once, and follows its schema.",
    )


def unusable(what: str) -> Refused:
    """The refusal of a payload that no transformation can read."""
    return refuse(
        RefusalCode.INVALID_PAYLOAD,
        f"the payload {what}",
        found=f"The payload {what}.",
        expected="one well-formed XML document without DTD, which DIT can transform for each sub-version.",
        source=_SOURCE,
        remedy="mend the document and send it again.",
    )


_loading = threading.Lock()


def check_stylesheet(root: Path, stylesheet: str) -> None:
    """Raise StylesheetError when a stylesheet below a folder is not there, or wrong."""
    path = root / stylesheet
    with _loading:
        try:
            compile_stylesheet(str(path))
        except (OSError, etree.XMLSyntaxError, etree.XSLTParseError) as error:
            raise _stylesheet_error(path, error) from error


def _stylesheet_error(path: Path, error: Exception) -> StylesheetError:
    return StylesheetError(f"the stylesheet {path} cannot be used: {error}; mend it, or name another in the profile")
