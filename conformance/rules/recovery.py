"""How a read that went wrong is recovered: listed as read, restored, read, and only then deleted."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.rules.evidence import Case
from conformance.rules.registry import PASSED, Check
from conformance.rules.traffic import DELETE, LIST, RECEIVE, RESTORE, Call
from conformance.verdicts import Breach


def recoveries(case: Case) -> Iterator[Check]:
    """Each message whose read was lost on its way, once there was an occasion to read it again, and each restored."""
    lost = dict(_lost_reads(case))
    for message, call in lost.items():
        delivery = case.delivered.get(message)
        if delivery is None or delivery.channel is None:
            continue
        run = case.run_of(call.number)
        again = case.offer(delivery.channel, run.ended if run is not None else call.number)
        if again is not None or _received(case, message, call.number) is not None:
            yield _recovery(case, message, call)
    for call in case.calls:
        if call.operation == RESTORE:
            for message in call.messages:
                if message not in lost:
                    yield _restoring(case, message, call)


def _lost_reads(case: Case) -> Iterator[tuple[str, Call]]:
    for call in case.calls:
        if call.operation == RECEIVE and call.done and call.lost and not call.by_ftps:
            for message in call.messages:
                if not any(each.answered and message in each.messages for each in _receives_before(case, call)):
                    yield message, call


def _receives_before(case: Case, call: Call) -> Iterator[Call]:
    return (each for each in case.calls if each.operation == RECEIVE and each.number < call.number)


def _received(case: Case, message: str, after: int) -> Call | None:
    return next(
        (
            call
            for call in case.calls
            if call.operation == RECEIVE and call.answered and call.number > after and message in call.messages
        ),
        None,
    )


def _before(case: Case, message: str, operation: str, after: int, until: int, *, read: bool = False) -> Call | None:
    return next(
        (
            call
            for call in case.calls
            if call.operation == operation and call.done and after < call.number < until and message in call.messages
            if not read or call.read
        ),
        None,
    )


def _recovery(case: Case, message: str, lost: Call) -> Check:
    received = _received(case, message, lost.number)
    if received is None:
        return _not_recovered(
            case,
            f"The reply with message {message} was lost, and the message was never read again.",
            f"Atbilde ar ziņojumu {message} pazuda, un ziņojums nav nolasīts vēlreiz.",
            lost,
        )
    restored = _before(case, message, RESTORE, lost.number, received.number)
    if restored is None:
        return _not_recovered(
            case,
            f"Message {message} was read again after a lost reply without restoring it first.",
            f"Ziņojums {message} pēc pazudušas atbildes nolasīts vēlreiz, to iepriekš neatjaunojot.",
            received,
        )
    if _before(case, message, LIST, lost.number, restored.number, read=True) is None:
        return _unlisted(case, message, restored)
    return PASSED


def _restoring(case: Case, message: str, restored: Call) -> Check:
    if _before(case, message, LIST, 0, restored.number, read=True) is None:
        return _unlisted(case, message, restored)
    last = restored.number
    deleted = next((c for c in case.calls if c.operation == DELETE and c.number > last and message in c.messages), None)
    if deleted is not None and _before(case, message, RECEIVE, last, deleted.number) is None:
        return _not_recovered(
            case,
            f"Message {message} was restored and then deleted without being read.",
            f"Ziņojums {message} tika atjaunots un pēc tam dzēsts, to nenolasot.",
            deleted,
        )
    return PASSED


def _unlisted(case: Case, message: str, restored: Call) -> Breach:
    return _not_recovered(
        case,
        f"Message {message} was restored without having been listed as read.",
        f"Ziņojums {message} tika atjaunots, lai gan nebija nolasīto ziņojumu sarakstā.",
        restored,
    )


def _not_recovered(case: Case, en: str, lv: str, call: Call) -> Breach:
    return Breach(
        en=en,
        lv=lv,
        evidence=(case.entry(call.number),),
    )
