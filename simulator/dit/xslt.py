"""Transformation of a message for a sub-version, by an XSLT that cannot read, write or connect."""

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
    from simulator.dit.xslt_process import Output, Transformer
    from simulator.store import Transaction
    from simulator.store.incoming import Incoming

_compiling = threading.Lock()

DEFAULT_SECONDS = 10.0
"""Wall time for one transformation, by default (assumed)."""

_SOURCE = Provenance(
    Basis.INFERRED,
    "BVKB, connecting to ALDIS: each sub-version has its own data transformation; IVIS uses XSLT",
)


class StylesheetError(Exception):
    """A stylesheet is missing or cannot be used: a fault of the harness or the profile, never of a caller."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The result of a transformation: bytes in the stylesheet's encoding, and the Clark name of their root."""

    data: bytes
    element: str

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.data)

    def pieces(self) -> Iterator[bytes]:
        """Return the bytes in pieces."""
        yield self.data

    def store(self, transaction: Transaction) -> str:
        """Store the cut as a blob and return its reference; raises StoreError."""
        return transaction.put_blob(self.data)

    def close(self) -> None:
        """Do nothing: the cut is in memory only."""


@dataclass(frozen=True, slots=True)
class LargeCut:
    """The result of a transformation in a temporary file of the store, and the Clark name of its root."""

    incoming: Incoming
    element: str

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.incoming.size

    def pieces(self) -> Iterator[bytes]:
        """Return the bytes in pieces; raises StoreError."""
        return self.incoming.pieces()

    def store(self, transaction: Transaction) -> str:
        """Store the cut as a blob and return its reference; raises StoreError."""
        return transaction.adopt(self.incoming)

    def close(self) -> None:
        """Remove the temporary file; a stored cut stays."""
        self.incoming.close()


class Cutter:
    """Makes the cuts of one message in a separate process, which parses the message once."""

    def __init__(self, data: bytes, root: Path, transformer: Transformer, seconds: float = DEFAULT_SECONDS) -> None:
        """Hand the payload ``data`` to the process.

        The paths of stylesheets are relative to ``root``; ``seconds`` is the longest wall time for one cut. Raises
        Refused when the payload is not well-formed, or has a DTD.
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
        """Return the cut for a sub-version; None when the stylesheet's output is empty.

        Raises Refused when the stylesheet refuses the payload, when its output is not one document, and when it takes
        too long.
        """
        output = transformed(self._root, version, transformation, self._transformer, self._seconds)
        return None if output is None else Cut(output.data, output.element)


def transformed(
    root: Path,
    version: ChannelVersion,
    transformation: Transformation,
    transformer: Transformer,
    seconds: float,
    *,
    records: tuple[str, ...] | None = None,
) -> Output | None:
    """Return the output of a transformation for the transformer's document; None when it is empty.

    ``records`` is the path to the output's records, to have them marked. Raises Refused, or StylesheetError.
    """
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
    """Return the refusal of a message whose transformation was ended, a fault of the server's side."""
    return refuse(
        RefusalCode.TRANSFORMATION,
        f"the transformation for {version.urn} {why}; the message was not accepted",
        latvian=f"Ziņojuma pārveidošana kanāla versijai {version.urn} ir pārtraukta; ziņojums nav pieņemts.",
        found=f"Stylesheet {transformation.stylesheet} of {version.urn} {why} and was ended.",
        expected="a stylesheet that ends: DIT's transformations run for a bounded time (assumed; the profile's "
        "limits.transformation_seconds changes it).",
        source=_SOURCE,
        remedy="tell the channel's owner, who must correct the stylesheet; look for a template that calls itself "
        "without end.",
        server_side=True,
    )


def not_one_document(version: ChannelVersion, transformation: Transformation, error: str) -> Refused:
    """Return the refusal of a payload that cannot be cut for a sub-version."""
    return refuse(
        RefusalCode.INVALID_PAYLOAD,
        f"the payload cannot be transformed for {version.urn}: {error}",
        found=f"Stylesheet {transformation.stylesheet} of {version.urn} could not cut the payload: {error}.",
        expected="a document of which the stylesheet makes one document, or nothing, for each sub-version.",
        source=_SOURCE,
        remedy="check that the list names each addressee once, and follows its schema.",
    )


def unusable(what: str) -> Refused:
    """Return the refusal of a payload that no transformation can read."""
    return refuse(
        RefusalCode.INVALID_PAYLOAD,
        f"the payload {what}",
        found=f"The payload {what}.",
        expected="one well-formed XML document without DTD, which DIT can transform for each sub-version.",
        source=_SOURCE,
        remedy="correct the document and send it again.",
    )


def check_stylesheet(root: Path, stylesheet: str) -> None:
    """Raise StylesheetError when a stylesheet (a path relative to ``root``) is missing or cannot be compiled."""
    path = root / stylesheet
    with _compiling:
        try:
            compile_stylesheet(str(path))
        except (OSError, etree.XMLSyntaxError, etree.XSLTParseError) as error:
            raise _stylesheet_error(path, error) from error


def _stylesheet_error(path: Path, error: Exception) -> StylesheetError:
    return StylesheetError(f"the stylesheet {path} cannot be used: {error}; correct it, or name another in the profile")
