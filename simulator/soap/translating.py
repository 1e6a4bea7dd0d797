"""From what went wrong behind the wire to the fault that says so."""

from __future__ import annotations

from simulator.dit.model import DitError, Refusal
from simulator.soap.refusals import EnvelopeRefusal, Fault, FaultCode
from simulator.store import StorageFull, StoreError

LATVIAN = {
    Refusal.UNKNOWN_USER: "Lietotājs DIT nav zināms.",
    Refusal.UNKNOWN_VERSION: "Šāda kanāla versija DIT nav zināma.",
    Refusal.UNKNOWN_CHANNEL: "Šāds kanāls DIT nav zināms.",
    Refusal.UNKNOWN_MESSAGE: "Šāda ziņojuma pastkastītē nav.",
    Refusal.UNKNOWN_AUTHORITY: "Šāda iestāde DIT nav zināma.",
    Refusal.NO_RIGHT: "Nav tiesību veikt šo darbību.",
    Refusal.NOT_OPEN: "Kanāla versija pašlaik nav atvērta.",
    Refusal.BAD_SELECTOR: "Jānorāda tieši viens: ChannelURN, ChannelVersionURN vai MessageID.",
    Refusal.BAD_STATUS: "Ziņojuma statuss šo darbību nepieļauj.",
    Refusal.FILTER_NOT_USED: "Šajā kanāla versijā saņēmēju sarakstu (ReceiverFilter) nelieto.",
    Refusal.FILTER_REQUIRED: "Jānorāda saņēmēju saraksts (ReceiverFilter).",
    Refusal.INVALID_PAYLOAD: "Ziņojuma saturs neatbilst kanāla versijas shēmai.",
    Refusal.TOO_LARGE: "Ziņojums ir par lielu.",
    Refusal.QUOTA: "Mēneša datu apjoms ir pārsniegts.",
    Refusal.TOO_OFTEN: "Saskarne izsaukta pārāk bieži.",
    Refusal.LIST_NOT_READ: "Iepriekšējā saraksta ziņojumi nav nolasīti.",
    Refusal.NOT_DELETED: "Nolasītie ziņojumi nav dzēsti.",
    Refusal.TRANSFORMATION: "Ziņojuma pārveidošana ir pārtraukta; ziņojums nav pieņemts.",
    Refusal.BAD_CONFIGURATION: "Ierakstu nevar izveidot.",
    Refusal.STORAGE_FULL: "Ziņojumu nav kur glabāt; tas nav pieņemts.",
}
"""What a refusal is called in Latvian, where the text on the wire is English (wording assumed)."""

_OWN_STATUS_TEXT = 'statuss "'
"""How DIT's documented fault about a status begins: it is Latvian as it comes."""

_STATUSES = {Refusal.UNKNOWN_USER: 401, Refusal.TOO_LARGE: 413}


def fault_of_dit(error: DitError) -> Fault:
    """The fault for a call that DIT refuses; ``error.text`` stands first, for it is what DIT itself would say."""
    latvian = error.text.startswith(_OWN_STATUS_TEXT)
    return Fault(
        code=FaultCode.RECEIVER if error.server_side else FaultCode.SENDER,
        refusal=error.refusal,
        lv=error.text if latvian else error.latvian or LATVIAN[error.refusal],
        en=f"The message's status does not allow this: {error.text}" if latvian else error.text,
        first="lv" if latvian else "en",
        cause=error.cause,
        complaints=error.complaints,
        http_status=_STATUSES.get(error.refusal),
    )


def fault_of_store(error: StoreError) -> Fault:
    """The fault for a call that could not be kept: the server's, and nothing of the call is acknowledged."""
    if isinstance(error, StorageFull):
        return Fault(
            code=FaultCode.RECEIVER,
            refusal=Refusal.STORAGE_FULL,
            lv=LATVIAN[Refusal.STORAGE_FULL],
            en="There is no room to store the message; it was not accepted. Try again later.",
            cause=str(error),
        )
    return Fault(
        code=FaultCode.RECEIVER,
        refusal=EnvelopeRefusal.STORAGE,
        lv="Glabātuve pašlaik nav pieejama; nekas nav pieņemts.",
        en="The store is not available; nothing was accepted. Try again later.",
        cause=str(error),
    )


def fault_of_incident(incident: str) -> Fault:
    """The fault for a mistake of the simulator's own; the log has the rest under the incident's id."""
    return Fault(
        code=FaultCode.RECEIVER,
        refusal=EnvelopeRefusal.INTERNAL,
        lv=f"Simulatora iekšēja kļūda; notikums {incident}.",
        en=f"Internal error of the simulator; incident {incident}.",
        cause=f"the simulator itself failed; its log (standard error) has the details under incident {incident}: "
        "please report them",
        incident=incident,
    )
