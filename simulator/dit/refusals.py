"""How a refusal explains itself: what was found, what was expected, who says so, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.dit.model import DitError, Refusal
from simulator.documents.model import Basis, Provenance

if TYPE_CHECKING:
    from simulator.documents.complaints import Complaint

_INSTRUCTION = "VRAA, DIT integration instruction v1.09"

ACCESS = Provenance(
    Basis.DOCUMENTED, "BVKB, connecting to ALDIS, steps 3 and 6: access is opened per DIT user and environment"
)
NO_SOURCE = Provenance(Basis.ASSUMED, "no public source; a choice of this simulator")


def documented(where: str) -> Provenance:
    """A fact that DIT's integration instruction states; ``where`` is a section, or a topic that several touch."""
    return Provenance(Basis.DOCUMENTED, f"{_INSTRUCTION}, {where}")


def inferred(name: str) -> Provenance:
    """A fact that follows from a name in the client samples of DIT's integration instruction."""
    return Provenance(Basis.INFERRED, f"{_INSTRUCTION}, client samples: {name}")


def refuse(
    refusal: Refusal,
    text: str,
    *,
    found: str,
    expected: str,
    provenance: Provenance,
    remedy: str,
    complaints: tuple[Complaint, ...] = (),
    server_side: bool = False,
    latvian: str | None = None,
) -> DitError:
    """A refusal with ``text`` for the wire and a cause in full words for the journal."""
    cause = f"{found} Expected: {expected} Source: {provenance.source} ({provenance.basis}). What to do: {remedy}"
    return DitError(refusal, text, cause=cause, complaints=complaints, server_side=server_side, latvian=latvian)
