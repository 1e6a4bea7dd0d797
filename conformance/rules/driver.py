"""DRV: whether the driver does what it is asked."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.rules.business import Request
from conformance.rules.evidence import Case
from conformance.rules.judging import HELD, Broken, Occasion, rule


@rule("DRV-01")
def answers(case: Case) -> Iterator[Occasion]:
    """Each request is answered, and carried out, unless the driver says that it cannot do such a thing."""
    for request in case.all_requests:
        if request.ended is None or request.unsupported:
            continue
        if request.ok:
            yield HELD
        elif not _excused(case, request, request.ended):
            yield Broken(
                en=f"The driver answered {request.do!r} with an error: {request.error or 'no reason given'}",
                lv=f'Draiveris uz "{request.do}" atbildēja ar kļūdu: {request.error or "iemesls nav norādīts"}',
                expected='the request carried out and answered with "ok": true',
                expected_lv='pieprasījums izpildīts un atbildēts ar "ok": true',
                evidence=(case.entry(request.number), case.entry(request.ended)),
            )


def _excused(case: Case, request: Request, ended: int) -> bool:
    """Whether a call of that run was refused or its reply lost: the error may be no more than word of that."""
    return any(request.number < call.number < ended and (call.lost or not call.done) for call in case.calls)
