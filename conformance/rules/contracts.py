"""Chapter CON, events: everything that happens to a contract is reported to BVKB, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce

from conformance.requirements.verdicts import Breach, Evidence
from conformance.rules.business import BusinessEvent, ContractState, Run, Tenancy, plain
from conformance.rules.case import Case
from conformance.rules.contract_records import is_copy_after_loss
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import ContractReport, day_of, differences
from conformance.rules.traffic import ValidDocument
from simulator.domain.language import Text, _, pgettext
from simulator.domain.model import ChannelName, Operation

_OPERATIONS = {
    Operation.NEW: pgettext("operation", "new"),
    Operation.CHANGE: pgettext("operation", "change"),
    Operation.END: pgettext("operation", "end"),
}


@rule("CON-01")
def new_contracts_reported(case: Case) -> Iterator[Check]:
    """Each contract that was signed is reported as new in the next run."""
    for event, run in _due(case, "contract.new"):
        if case.reporting.report_of(event) is not None:
            yield PASSED
            continue
        if _ended_before(case, event, run):
            continue  # nothing public says whether a contract that came and went between two runs is reported
        other = [report for report in case.reporting.of(event.contract) if report.number > event.number]
        yield _unreported_new(case, event, run, other)


def _unreported_new(case: Case, event: BusinessEvent, run: Run, other: list[ContractReport]) -> Breach:
    number = event.contract
    message = _("Contract {contract} was signed and not reported as new.", contract=number)
    if other:
        message = _(
            "Contract {contract} was signed and not reported as new, only as {operation}.",
            contract=number,
            operation=_OPERATIONS[other[0].record.operation],
        )
    return Breach(
        message,
        expected=_('a record "new" for contract {number} in the run of {day}', number=number, day=day_of(run.at)),
        evidence=(Evidence(event.number), *(case.evidence_in_record(report) for report in other[:1])),
    )


def _due(case: Case, *kinds: str) -> Iterator[tuple[BusinessEvent, Run]]:
    """Yield events of these kinds, each with the run in which it had to be reported.

    Leaves out events without a run since, and those after which a send failed, which breaks another requirement.
    """
    for event in case.business.events:
        if event.kind not in kinds or event.contract in case.business.indeterminate:
            continue
        run = case.business.next_run_with(ChannelName.CONTRACT, event.number)
        if run is None:
            continue
        unclear = case.traffic.is_inconclusive(ChannelName.CONTRACT, event.number)
        if not unclear or case.reporting.report_of(event) is not None:
            yield event, run


def _ended_before(case: Case, event: BusinessEvent, run: Run) -> bool:
    return any(
        other.kind == "contract.end" and other.contract == event.contract and event.number <= other.number < run.number
        for other in case.business.events
    )


@rule("CON-02")
def number_as_signed(case: Case) -> Iterator[Check]:
    """A contract's number is written exactly as it was signed."""
    for report in case.reporting.reports:
        if report.contract is None:
            continue
        if report.exact:
            yield PASSED
        else:
            yield Breach(
                _(
                    "Contract {contract} was reported as {written!r}.",
                    contract=report.contract,
                    written=report.record.contract,
                ),
                expected=_("the number as signed: {contract}", contract=report.contract),
                evidence=(case.evidence_in_record(report, "contract"),),
            )


@rule("CON-04")
def ends_reported(case: Case) -> Iterator[Check]:
    """The end of a contract is reported with its last day."""
    for event, run in _due(case, "contract.end"):
        if case.reporting.report_of(event) is not None:
            yield PASSED
            continue
        ends = [
            report
            for report in case.reporting.of(event.contract)
            if report.number > event.number and report.record.operation is Operation.END
        ]
        if ends and not _has_last_day(ends[-1]):
            continue  # this breaks CON-11
        message = _("Contract {contract} ended on {day}, which was not reported.")
        if ends:
            message = _(
                "Contract {contract} ended on {day}, which was not reported; it was reported with {reported}.",
                reported=ends[-1].record.valid_to,
            )
        yield Breach(
            message.filled(contract=event.contract, day=event.day),
            expected=_(
                'a record "end" with {last} as last day in the run of {day}', last=event.day, day=day_of(run.at)
            ),
            evidence=(
                Evidence(event.number),
                *(case.evidence_in_record(report, "valid_to") for report in ends[-1:]),
            ),
        )


def _has_last_day(report: ContractReport) -> bool:
    return report.record.valid_to is not None and report.record.valid_to >= report.record.valid_from


@rule("CON-05")
def new_codes_reported(case: Case) -> Iterator[Check]:
    """A changed personal code is reported as a change of the same contract."""
    yield from _changes(case, lambda event: event.previous_code is not None)


@rule("CON-14")
def changes_reported(case: Case) -> Iterator[Check]:
    """A change of name, address or metering point is reported as a change of the same contract."""
    yield from _changes(case, lambda event: event.previous_code is None and not _withdraws(event))


@rule("CON-15")
def withdrawn_ends_reported(case: Case) -> Iterator[Check]:
    """The withdrawal of an end is reported as a change without a last day."""
    yield from _changes(case, lambda event: event.previous_code is None and _withdraws(event))


def _withdraws(event: BusinessEvent) -> bool:
    before = event.before
    return before is not None and before.ended and event.after.valid_to is None


def _changes(case: Case, concerns: Callable[[BusinessEvent], bool]) -> Iterator[Check]:
    required = case.reporting.required_corrections
    corrected = {(correction.event.number, correction.event.contract) for correction in required}
    for event, run in _due(case, "contract.change"):
        if not concerns(event) or (event.number, event.contract) in corrected:
            continue  # ERR-01 asks how a record that BVKB found wrong was put right
        if case.reporting.report_of(event) is not None:
            yield PASSED
        elif not _undone(case, event, run):
            yield _unreported_change(case, event, run)


def _undone(case: Case, event: BusinessEvent, run: Run) -> bool:
    """Tell whether the contract was again as last reported when the run came."""
    states = case.reporting.states_until(event.contract, run.number)
    last = [report for report in case.reporting.of(event.contract) if report.number < run.number]
    if not states or not last or (last[-1].record.operation is Operation.END and states[-1].valid_to is None):
        return False
    return next(differences(last[-1].record, states[-1]), None) is None


def _unreported_change(case: Case, event: BusinessEvent, run: Run) -> Breach:
    otherwise = split_of(case, event)
    change = _("a change")
    if event.previous_code:
        change = _("a new personal code of its holder")
    elif _withdraws(event):
        change = _("that its end was withdrawn")
    message = _("Contract {contract}: {change} was not reported.")
    if otherwise:
        operations = (_OPERATIONS[report.record.operation] for report in otherwise)
        message = _("Contract {contract}: {change} was reported as {operations}.", operations=_enumerated(operations))
    return Breach(
        message.filled(contract=event.contract, change=change),
        expected=_('a record "change" with the new state of the contract in the run of {day}', day=day_of(run.at)),
        evidence=(Evidence(event.number), *(case.evidence_in_record(report) for report in otherwise)),
    )


def _enumerated(texts: Iterable[Text]) -> Text:
    return reduce(lambda before, text: _("{before} and {text}", before=before, text=text), texts)


def split_of(case: Case, event: BusinessEvent) -> list[ContractReport]:
    """Return the records that report a change as an end and a new contract."""
    if event.kind != "contract.change" or not case.reporting.reported_before(event.contract, event.number):
        return []
    return [
        report
        for report in case.reporting.of(event.contract)
        if report.number > event.number and report.corrects is None
        if report.record.operation is Operation.NEW
        or (report.record.operation is Operation.END and not event.after.ended)
    ]


@rule("CON-06")
def sub_users_reported(case: Case) -> Iterator[Check]:
    """A new sub-user is reported; each record names the sub-users of its day."""
    yield from _sub_users(case, "sub_user.add")


@rule("CON-16")
def leaving_sub_users_reported(case: Case) -> Iterator[Check]:
    """The leaving of a sub-user is reported; no record names a former sub-user."""
    yield from _sub_users(case, "sub_user.end")


def _sub_users(case: Case, kind: str) -> Iterator[Check]:
    for report in case.reporting.reports:
        if report.contract is not None and report.contract not in case.business.indeterminate:
            yield from _listing(case, report, joined=kind == "sub_user.add")
    for event in case.business.events:
        if event.kind == kind and event.contract not in case.business.indeterminate:
            yield from _unreported_sub_user(case, event)


def _listing(case: Case, report: ContractReport, *, joined: bool) -> Iterator[Check]:
    states = case.reporting.states_until(report.contract or "", report.number)
    tenancies = states[-1].tenancies if states else ()
    former = [tenancy for tenancy in tenancies if tenancy.until is not None and tenancy.until < report.day]
    if not tenancies or (not joined and not former):
        return
    listed = {plain(user.person.code) for user in report.record.sub_users}
    if joined:
        wrong = [] if report.record.operation is Operation.END else _missing(states[-1], report, listed)
    else:
        wrong = [tenancy for tenancy in former if plain(tenancy.person.code) in listed]
    if not wrong:
        yield PASSED
        return
    names = ", ".join(f"{tenancy.person.given_name} {tenancy.person.surname}" for tenancy in wrong)
    message = (
        _("The record of contract {contract} of {day} does not name its sub-user {names}.")
        if joined
        else _("The record of contract {contract} of {day} still names the former sub-user {names}.")
    )
    yield Breach(
        message.filled(contract=report.contract, day=report.day, names=names),
        expected=_("all sub-users of the day, and no others"),
        evidence=(case.evidence_in_record(report),),
    )


def _missing(state: ContractState, report: ContractReport, listed: set[str]) -> list[Tenancy]:
    return [
        tenancy
        for tenancy in state.tenancies
        if plain(tenancy.person.code) not in listed
        and tenancy.since <= report.day
        and (tenancy.until is None or report.day <= tenancy.until)
    ]


def _unreported_sub_user(case: Case, event: BusinessEvent) -> Iterator[Check]:
    joined = event.kind == "sub_user.add"
    run = next(
        (
            other
            for other in case.business.runs
            if other.number > event.number and ChannelName.CONTRACT in other.channels
            if (day_of(other.at) >= event.day if joined else day_of(other.at) > event.day)
        ),
        None,
    )
    if run is None or case.traffic.is_inconclusive(ChannelName.CONTRACT, event.number):
        return
    reports = [
        report
        for report in case.reporting.of(event.contract)
        if report.number > event.number and (joined or report.day > event.day)
    ]
    if reports or not (joined or _was_named(case, event)):
        return  # the records themselves show it
    message = (
        _("That {person} joined contract {contract} as sub-user was not reported.")
        if joined
        else _("That {person} left contract {contract} as sub-user was not reported.")
    )
    yield Breach(
        message.filled(person=event.person, contract=event.contract),
        expected=_(
            "a record of contract {contract} with its sub-users in the run of {day}",
            contract=event.contract,
            day=day_of(run.at),
        ),
        evidence=(Evidence(event.number), Evidence(run.ended)),
    )


def _was_named(case: Case, event: BusinessEvent) -> bool:
    return any(
        plain(user.person.code) == plain(event.person or "")
        for report in case.reporting.of(event.contract)
        if report.day <= event.day
        for user in report.record.sub_users
    )


@rule("CON-07")
def nothing_invented(case: Case) -> Iterator[Check]:
    """Nothing is reported that did not happen."""
    if not case.business.is_driven:
        return
    claimed = {
        (other.document.number, other.index) for event in case.business.events for other in split_of(case, event)
    }
    for report in case.reporting.reports:
        foreign = report.contract is None and report.record.contract in case.contracts_of_others
        if (
            foreign
            or report.record.contract in case.business.indeterminate
            or (report.document.number, report.index) in claimed
        ):
            continue  # these break other requirements
        reason = (
            None
            if report.corrects is not None or is_copy_after_loss(case, report.document)
            else _invented(case, report)
        )
        yield PASSED if reason is None else _invention(case, report, reason)


def _invention(case: Case, report: ContractReport, reason: Text) -> Breach:
    return Breach(
        _(
            "Contract {contract} was reported as {operation}, {reason}.",
            contract=report.record.contract,
            operation=_OPERATIONS[report.record.operation],
            reason=reason,
        ),
        evidence=(case.evidence_in_record(report),),
    )


def _invented(case: Case, report: ContractReport) -> Text | None:
    if report.contract is None:
        return _("but no such contract was signed")
    events = [
        event for event in case.business.events if event.contract == report.contract and event.number < report.number
    ]
    earlier = [
        other
        for other in case.reporting.of(report.contract)
        if (other.number, other.index) < (report.number, report.index)
    ]
    match report.record.operation:
        case Operation.END if not any(event.kind == "contract.end" for event in events):
            return _("but it has not ended")
        case Operation.NEW if earlier and earlier[-1].document.number == report.document.number:
            return None  # twice in one document breaks CON-12
        case Operation.NEW:
            signed = sum(event.kind == "contract.new" for event in events)
            reported = [
                other for other in earlier if other.corrects is None and other.record.operation is Operation.NEW
            ]
            if len(reported) >= max(1, signed):
                return _("although it was reported as new before")
        case Operation.CHANGE if earlier and not _news(events, earlier[-1], report):
            return _("but nothing about it has changed since it was last reported")
    return None


def _news(events: list[BusinessEvent], before: ContractReport, report: ContractReport) -> bool:
    """Tell whether anything happened between two records; a tenancy that ran out counts from the day after."""
    if any(event.number > before.number for event in events):
        return True
    return any(event.kind == "sub_user.end" and before.day <= event.day < report.day for event in events)


@rule("CON-08")
def document_ids_unique(case: Case) -> Iterator[Check]:
    """A document id stands for one content."""
    first_with: dict[str, ValidDocument] = {}
    for document in case.traffic.accepted:
        first = first_with.setdefault(document.key, document)
        if first is document or first.is_same(document):
            yield PASSED
            continue
        yield Breach(
            _("Document id {document} was used again for other content.", document=document.header.document_id),
            evidence=(
                case.evidence_in(first, field="document_id"),
                case.evidence_in(document, field="document_id"),
            ),
        )
