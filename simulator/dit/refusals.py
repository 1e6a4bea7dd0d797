"""Refusals of calls: their reasons and texts, for every interface, and their form in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from simulator.dit.model import RefusalCode
from simulator.domain.provenance import Basis, Provenance
from simulator.journal import Outcome
from simulator.store import StorageFull, StoreError

if TYPE_CHECKING:
    from simulator.documents.parsing import Complaint
    from simulator.journal import Entry, Json

_INSTRUCTION = "VRAA, DIT integration instruction v1.09"

ACCESS = Provenance(
    Basis.DOCUMENTED, "BVKB, connecting to ALDIS, steps 3 and 6: access is opened per DIT user and environment"
)
NO_SOURCE = Provenance(Basis.ASSUMED, "no public source; a choice of this simulator")

_LATVIAN = {
    RefusalCode.UNKNOWN_USER: "Lietotājs DIT nav zināms.",
    RefusalCode.UNKNOWN_VERSION: "Šāda kanāla versija DIT nav zināma.",
    RefusalCode.UNKNOWN_CHANNEL: "Šāds kanāls DIT nav zināms.",
    RefusalCode.UNKNOWN_MESSAGE: "Šāda ziņojuma pastkastītē nav.",
    RefusalCode.UNKNOWN_AUTHORITY: "Šāda iestāde DIT nav zināma.",
    RefusalCode.NO_RIGHT: "Nav tiesību veikt šo darbību.",
    RefusalCode.NOT_OPEN: "Kanāla versija pašlaik nav atvērta.",
    RefusalCode.BAD_SELECTOR: "Jānorāda tieši viens: ChannelURN, ChannelVersionURN vai MessageID.",
    RefusalCode.BAD_STATUS: "Ziņojuma statuss šo darbību nepieļauj.",
    RefusalCode.FILTER_NOT_USED: "Šajā kanāla versijā saņēmēju sarakstu (ReceiverFilter) nelieto.",
    RefusalCode.FILTER_REQUIRED: "Jānorāda saņēmēju saraksts (ReceiverFilter).",
    RefusalCode.INVALID_PAYLOAD: "Ziņojuma saturs neatbilst kanāla versijas shēmai.",
    RefusalCode.TOO_LARGE: "Ziņojums ir par lielu.",
    RefusalCode.QUOTA: "Mēneša datu apjoms ir pārsniegts.",
    RefusalCode.TOO_OFTEN: "Saskarne izsaukta pārāk bieži.",
    RefusalCode.LIST_NOT_READ: "Iepriekšējā saraksta ziņojumi nav nolasīti.",
    RefusalCode.NOT_DELETED: "Nolasītie ziņojumi nav dzēsti.",
    RefusalCode.TRANSFORMATION: "Ziņojuma pārveidošana ir pārtraukta; ziņojums nav pieņemts.",
    RefusalCode.BAD_CONFIGURATION: "Ierakstu nevar izveidot.",
    RefusalCode.STORAGE_FULL: "Ziņojumu nav kur glabāt; tas nav pieņemts.",
    RefusalCode.STORAGE: "Glabātuve pašlaik nav pieejama; nekas nav pieņemts.",
}
"""Latvian texts of refusals that are not given a more exact one (wording assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A refused call, or a refused command of a session. Each interface renders it in its own form.

    ``code`` is a stable word for clients and for the journal; ``text`` is one English sentence for the client, and
    ``latvian`` is its Latvian counterpart. ``latvian_first``: the Latvian text is DIT's own, so it is the one to show
    where there is room for one. ``found``, ``expected``, ``source`` and ``remedy`` explain the refusal to a developer.
    ``complaints`` are the places of a document. ``server_side``: the caller did nothing wrong and may try again.
    ``incident`` identifies the log entry of an internal error. ``particulars`` are further details for the journal.
    """

    code: str
    text: str
    latvian: str = ""
    latvian_first: bool = False
    found: str = ""
    expected: str = ""
    source: Provenance | None = None
    remedy: str = ""
    complaints: tuple[Complaint, ...] = ()
    server_side: bool = False
    incident: str | None = None
    particulars: Mapping[str, Json] = field(default_factory=dict)

    @property
    def cause(self) -> str:
        """The full explanation for the journal: the four parts, or the English text when there are none."""
        return explain(self)


def explain(refusal: Refusal, before_remedy: str = "; ") -> str:
    """Join the parts of a refusal into one text: sentences when its source is given, else clauses."""
    if refusal.source is not None:
        source = f"{refusal.source.source} ({refusal.source.basis})"
        return f"{refusal.found} Expected: {refusal.expected} Source: {source}. What to do: {refusal.remedy}"
    if not refusal.found:
        return refusal.text
    if not refusal.expected:
        return f"{refusal.found}; {refusal.remedy}" if refusal.remedy else refusal.found
    clauses = f"{refusal.found}; expected {refusal.expected}"
    return f"{clauses}{before_remedy}{refusal.remedy}" if refusal.remedy else clauses


class Refused(Exception):
    """A call is refused; ``refusal`` has the reason."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.code}: {refusal.text} ({refusal.cause})")
        self.refusal = refusal


def documented(where: str) -> Provenance:
    """Return the source of a fact in DIT's integration instruction; ``where`` is a section or a topic."""
    return Provenance(Basis.DOCUMENTED, f"{_INSTRUCTION}, {where}")


def inferred(name: str) -> Provenance:
    """Return the source of a fact that follows from a name in the client samples of DIT's integration instruction."""
    return Provenance(Basis.INFERRED, f"{_INSTRUCTION}, client samples: {name}")


def refuse(
    code: RefusalCode,
    text: str,
    *,
    found: str,
    expected: str,
    source: Provenance,
    remedy: str,
    complaints: tuple[Complaint, ...] = (),
    server_side: bool = False,
    latvian: str | None = None,
    latvian_first: bool = False,
) -> Refused:
    """Return the exception for a refusal of DIT's own; the parameters are the fields of :class:`Refusal`."""
    return Refused(
        Refusal(
            code=code,
            text=text,
            latvian=latvian or _LATVIAN[code],
            latvian_first=latvian_first,
            found=found,
            expected=expected,
            source=source,
            remedy=remedy,
            complaints=complaints,
            server_side=server_side,
        )
    )


def refusal_by_store(error: StoreError) -> Refusal:
    """Return the refusal of a call that could not be stored, so that nothing of it is acknowledged."""
    if isinstance(error, StorageFull):
        code = RefusalCode.STORAGE_FULL
        text = "There is no room to store the message; it was not accepted. Try again later."
    else:
        code, text = RefusalCode.STORAGE, "The store is not available; nothing was accepted. Try again later."
    return Refusal(code=code, text=text, latvian=_LATVIAN[code], found=str(error), server_side=True)


def refusal_by_incident(incident: str) -> Refusal:
    """Return the refusal of a call during which the simulator failed; ``incident`` identifies the log entry."""
    return Refusal(
        code=RefusalCode.INTERNAL,
        text=f"Internal error of the simulator; incident {incident}.",
        latvian=f"Simulatora iekšēja kļūda; notikums {incident}.",
        found=f"the simulator itself failed; its log (standard error) has the details under incident {incident}: "
        "please report them",
        server_side=True,
        incident=incident,
    )


def as_refused(entry: Entry, refusal: Refusal) -> Entry:
    """Return a journal entry as the entry of a refused call or command."""
    details: dict[str, Json] = {
        **entry.details,
        "complaints": [_complaint(complaint) for complaint in refusal.complaints],
        **refusal.particulars,
    }
    if refusal.incident is not None:
        details["incident"] = refusal.incident
    return replace(entry, outcome=Outcome.FAULT, fault_code=refusal.code, cause=refusal.cause, details=details)


def _complaint(complaint: Complaint) -> dict[str, Json]:
    return {
        "code": complaint.code,
        "line": complaint.line,
        "path": complaint.path,
        "found": complaint.found,
        "expected": complaint.expected,
        "basis": complaint.provenance.basis,
        "source": complaint.provenance.source,
    }
