"""CON: whether BVKB learns of each contract what happened, all of it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.rules.business import ContractState, Exchange, Happening, Tenancy, plain
from conformance.rules.evidence import Case
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import Said, day_of, differences
from conformance.rules.resending import is_copy_after_loss
from conformance.rules.traffic import Sent, is_same
from conformance.verdicts import Breach
from simulator.documents.identity import document_key
from simulator.documents.model import ChannelName, Operation

_LV = {Operation.NEW: "jauns", Operation.CHANGE: "izmaiņas", Operation.END: "beigas"}


@rule("CON-01")
def new_contracts_reported(case: Case) -> Iterator[Check]:
    """Each contract that was signed is reported as new in the next run."""
    for happening, run in _due(case, "contract.new"):
        if case.reporting.report_of(happening) is not None:
            yield PASSED
            continue
        if _ended_before(case, happening, run):
            continue  # nothing public says whether a contract that came and went between two runs is reported
        other = [each for each in case.reporting.of(happening.contract) if each.number > happening.number]
        yield _unreported_new(case, happening, run, other)


def _unreported_new(case: Case, happening: Happening, run: Exchange, other: list[Said]) -> Breach:
    number = happening.contract
    told = f", only as {other[0].record.operation.value}" if other else ""
    teikts = f", tikai kā {_LV[other[0].record.operation]}" if other else ""
    return Breach(
        en=f"Contract {number} was signed and not reported as new{told}.",
        lv=f"Līgums {number} noslēgts, bet nav paziņots kā jauns{teikts}.",
        expected=f'a record "new" for contract {number} in the run of {day_of(run.at)}',
        expected_lv=f'ieraksts "jauns" par līgumu {number} {day_of(run.at)} apmaiņas reizē',
        evidence=(case.entry(happening.number), *(case.spot(each.sent, each.index) for each in other[:1])),
    )


def _due(case: Case, *kinds: str) -> Iterator[tuple[Happening, Exchange]]:
    """Events of these kinds, each with the run in which it had to be reported.

    Without those of which nothing can be said: no run came, or a document went wrong (another finding).
    """
    for happening in case.happenings:
        if happening.kind not in kinds or happening.contract in case.doubtful:
            continue
        run = case.offer(ChannelName.CONTRACT, happening.number)
        if run is None:
            continue
        unclear = case.clouded(ChannelName.CONTRACT, happening.number)
        if not unclear or case.reporting.report_of(happening) is not None:
            yield happening, run


def _ended_before(case: Case, happening: Happening, run: Exchange) -> bool:
    return any(
        each.kind == "contract.end"
        and each.contract == happening.contract
        and happening.number <= each.number < run.number
        for each in case.happenings
    )


@rule("CON-02")
def number_as_signed(case: Case) -> Iterator[Check]:
    """A contract's number is written exactly as it was signed."""
    for said in case.reporting.said:
        if said.contract is None:
            continue
        if said.exact:
            yield PASSED
        else:
            yield Breach(
                en=f"Contract {said.contract} was reported as {said.record.contract!r}.",
                lv=f'Līgums {said.contract} paziņots kā "{said.record.contract}".',
                expected=f"the number as signed: {said.contract}",
                expected_lv=f"numurs, kāds tas ir līgumā: {said.contract}",
                evidence=(case.spot(said.sent, said.index, "contract"),),
            )


@rule("CON-04")
def ends_reported(case: Case) -> Iterator[Check]:
    """The end of a contract is reported with its last day."""
    for happening, run in _due(case, "contract.end"):
        if case.reporting.report_of(happening) is not None:
            yield PASSED
            continue
        ends = [
            each
            for each in case.reporting.of(happening.contract)
            if each.number > happening.number and each.record.operation is Operation.END
        ]
        if ends and not _has_last_day(ends[-1]):
            continue  # CON-11's finding
        wrong = f"; it was reported with {ends[-1].record.valid_to}" if ends else ""
        nepareizi = f"; paziņots {ends[-1].record.valid_to}" if ends else ""
        yield Breach(
            en=f"Contract {happening.contract} ended on {happening.day}, which was not reported{wrong}.",
            lv=f"Līgums {happening.contract} beidzās {happening.day}, bet tas nav paziņots{nepareizi}.",
            expected=f'a record "end" with {happening.day} as last day in the run of {day_of(run.at)}',
            expected_lv=f'ieraksts "beigas" ar pēdējo dienu {happening.day} apmaiņas reizē {day_of(run.at)}',
            evidence=(
                case.entry(happening.number),
                *(case.spot(each.sent, each.index, "valid_to") for each in ends[-1:]),
            ),
        )


def _has_last_day(said: Said) -> bool:
    return said.record.valid_to is not None and said.record.valid_to >= said.record.valid_from


@rule("CON-05")
def new_codes_reported(case: Case) -> Iterator[Check]:
    """A changed personal code is reported as a change of the same contract."""
    yield from _changes(case, lambda each: each.previous_code is not None)


@rule("CON-14")
def changes_reported(case: Case) -> Iterator[Check]:
    """A change of name, address or metering point is reported as a change of the same contract."""
    yield from _changes(case, lambda each: each.previous_code is None and not _withdraws(each))


@rule("CON-15")
def withdrawn_ends_reported(case: Case) -> Iterator[Check]:
    """That an end was withdrawn is reported as a change without a last day."""
    yield from _changes(case, lambda each: each.previous_code is None and _withdraws(each))


def _withdraws(happening: Happening) -> bool:
    before = happening.before
    return before is not None and before.ended and happening.after.valid_to is None


def _changes(case: Case, concerns: Callable[[Happening], bool]) -> Iterator[Check]:
    mended = {(each.happening.number, each.happening.contract) for each in case.reporting.mendings}
    for happening, run in _due(case, "contract.change"):
        if not concerns(happening) or (happening.number, happening.contract) in mended:
            continue  # ERR-01 asks how a record that BVKB found wrong was put right
        if case.reporting.report_of(happening) is not None:
            yield PASSED
        elif not _undone(case, happening, run):
            yield _unreported_change(case, happening, run)


def _undone(case: Case, happening: Happening, run: Exchange) -> bool:
    """Whether the contract was again as last reported when the run came."""
    states = case.reporting.states_until(happening.contract, run.number)
    last = [each for each in case.reporting.of(happening.contract) if each.number < run.number]
    if not states or not last or (last[-1].record.operation is Operation.END and states[-1].valid_to is None):
        return False
    return next(differences(last[-1].record, states[-1]), None) is None


def _unreported_change(case: Case, happening: Happening, run: Exchange) -> Breach:
    otherwise = split_of(case, happening)
    what, kas = "a change", "izmaiņas"
    if happening.previous_code:
        what, kas = "a new personal code of its holder", "turētāja jaunais personas kods"
    elif _withdraws(happening):
        what, kas = "that its end was withdrawn", "beigu atsaukšana"
    told = (
        f"was reported as {' and '.join(each.record.operation.value for each in otherwise)}"
        if otherwise
        else "was not reported"
    )
    teikts = (
        f"paziņots kā {' un '.join(_LV[each.record.operation] for each in otherwise)}" if otherwise else "nav paziņots"
    )
    return Breach(
        en=f"Contract {happening.contract}: {what} {told}.",
        lv=f"Līgums {happening.contract}: {kas} - {teikts}.",
        expected=f'a record "change" with the new state of the contract in the run of {day_of(run.at)}',
        expected_lv=f'ieraksts "izmaiņas" ar līguma jauno stāvokli apmaiņas reizē {day_of(run.at)}',
        evidence=(case.entry(happening.number), *(case.spot(each.sent, each.index) for each in otherwise)),
    )


def split_of(case: Case, happening: Happening) -> list[Said]:
    """Records that tell a change as an end and a new contract."""
    if happening.kind != "contract.change" or not case.reporting.reported_before(happening.contract, happening.number):
        return []
    return [
        each
        for each in case.reporting.of(happening.contract)
        if each.number > happening.number and each.corrects is None
        if each.record.operation is Operation.NEW
        or (each.record.operation is Operation.END and not happening.after.ended)
    ]


@rule("CON-06")
def sub_users_reported(case: Case) -> Iterator[Check]:
    """That a sub-user joins is reported; each record names the sub-users of its day."""
    yield from _sub_users(case, "sub_user.add")


@rule("CON-16")
def leaving_sub_users_reported(case: Case) -> Iterator[Check]:
    """That a sub-user left is reported; no record names a former sub-user."""
    yield from _sub_users(case, "sub_user.end")


def _sub_users(case: Case, kind: str) -> Iterator[Check]:
    for said in case.reporting.said:
        if said.contract is not None and said.contract not in case.doubtful:
            yield from _listing(case, said, joined=kind == "sub_user.add")
    for happening in case.happenings:
        if happening.kind == kind and happening.contract not in case.doubtful:
            yield from _untold(case, happening)


def _listing(case: Case, said: Said, *, joined: bool) -> Iterator[Check]:
    states = case.reporting.states_until(said.contract or "", said.number)
    tenancies = states[-1].tenancies if states else ()
    former = [each for each in tenancies if each.until is not None and each.until < said.day]
    if not tenancies or (not joined and not former):
        return
    listed = {plain(each.person.code) for each in said.record.sub_users}
    if joined:
        wrong = [] if said.record.operation is Operation.END else _missing(states[-1], said, listed)
    else:
        wrong = [each for each in former if plain(each.person.code) in listed]
    if not wrong:
        yield PASSED
        return
    names = ", ".join(f"{each.person.given_name} {each.person.surname}" for each in wrong)
    yield Breach(
        en=f"The record of contract {said.contract} of {said.day} "
        + (f"does not name its sub-user {names}." if joined else f"still names the former sub-user {names}."),
        lv=f"Līguma {said.contract} ierakstā ({said.day}) "
        + (f"nav nosaukts apakšlietotājs {names}." if joined else f"joprojām ir bijušais apakšlietotājs {names}."),
        expected="all sub-users of the day, and no others",
        expected_lv="visi tās dienas apakšlietotāji un neviens cits",
        evidence=(case.spot(said.sent, said.index),),
    )


def _missing(state: ContractState, said: Said, listed: set[str]) -> list[Tenancy]:
    return [
        each
        for each in state.tenancies
        if plain(each.person.code) not in listed
        and each.since <= said.day
        and (each.until is None or said.day <= each.until)
    ]


def _untold(case: Case, happening: Happening) -> Iterator[Check]:
    joined = happening.kind == "sub_user.add"
    run = next(
        (
            each
            for each in case.exchanges
            if each.number > happening.number and ChannelName.CONTRACT in each.channels
            if (day_of(each.at) >= happening.day if joined else day_of(each.at) > happening.day)
        ),
        None,
    )
    if run is None or case.clouded(ChannelName.CONTRACT, happening.number):
        return
    told = [
        each
        for each in case.reporting.of(happening.contract)
        if each.number > happening.number and (joined or each.day > happening.day)
    ]
    if told or not (joined or _was_named(case, happening)):
        return  # the records themselves show it
    person = happening.person
    yield Breach(
        en=f"That {person} {'joined' if joined else 'left'} contract {happening.contract} as sub-user "
        "was not reported.",
        lv=f"Nav paziņots, ka {person} {'kļuva par' if joined else 'vairs nav'} līguma {happening.contract} "
        f"{'apakšlietotāju' if joined else 'apakšlietotājs'}.",
        expected=f"a record of contract {happening.contract} with its sub-users in the run of {day_of(run.at)}",
        expected_lv=f"līguma {happening.contract} ieraksts ar tā apakšlietotājiem apmaiņas reizē {day_of(run.at)}",
        evidence=(case.entry(happening.number), case.entry(run.ended)),
    )


def _was_named(case: Case, happening: Happening) -> bool:
    return any(
        plain(user.person.code) == plain(happening.person or "")
        for said in case.reporting.of(happening.contract)
        if said.day <= happening.day
        for user in said.record.sub_users
    )


@rule("CON-07")
def nothing_invented(case: Case) -> Iterator[Check]:
    """Nothing is reported that did not happen."""
    if not case.is_driven:
        return
    claimed = {(each.sent.number, each.index) for h in case.happenings for each in split_of(case, h)}
    for said in case.reporting.said:
        foreign = said.contract is None and said.record.contract in case.neighbours_contracts
        if foreign or said.record.contract in case.doubtful or (said.sent.number, said.index) in claimed:
            continue  # other findings
        reason = None if said.corrects is not None or is_copy_after_loss(case, said.sent) else _invented(case, said)
        yield PASSED if reason is None else _invention(case, said, *reason)


def _invention(case: Case, said: Said, en: str, lv: str) -> Breach:
    return Breach(
        en=f"Contract {said.record.contract} was reported as {said.record.operation.value}, {en}.",
        lv=f"Līgums {said.record.contract} paziņots kā {_LV[said.record.operation]}, {lv}.",
        evidence=(case.spot(said.sent, said.index),),
    )


def _invented(case: Case, said: Said) -> tuple[str, str] | None:
    if said.contract is None:
        return "but no such contract was signed", "bet tāds līgums nav noslēgts"
    events = [each for each in case.happenings if each.contract == said.contract and each.number < said.number]
    earlier = [
        each for each in case.reporting.of(said.contract) if (each.number, each.index) < (said.number, said.index)
    ]
    match said.record.operation:
        case Operation.END if not any(each.kind == "contract.end" for each in events):
            return "but it has not ended", "bet tas nav beidzies"
        case Operation.NEW if earlier and earlier[-1].sent is said.sent:
            return None  # twice in one document is CON-12's finding
        case Operation.NEW:
            signed = sum(each.kind == "contract.new" for each in events)
            if sum(each.record.operation is Operation.NEW for each in earlier if each.corrects is None) >= max(
                1, signed
            ):
                return "although it was reported as new before", "lai gan kā jauns tas jau ir paziņots"
        case Operation.CHANGE if earlier and not _news(events, earlier[-1], said):
            return (
                "but nothing about it has changed since it was last reported",
                "bet kopš pēdējā ziņojuma nekas nav mainījies",
            )
    return None


def _news(events: list[Happening], before: Said, said: Said) -> bool:
    """Whether anything happened between two records; a tenancy that ran out counts from the day after."""
    if any(each.number > before.number for each in events):
        return True
    return any(each.kind == "sub_user.end" and before.day <= each.day < said.day for each in events)


@rule("CON-08")
def document_ids_unique(case: Case) -> Iterator[Check]:
    """A document id stands for one content."""
    seen: dict[str, Sent] = {}
    for sent in case.sends:
        document = sent.document
        if document is None:
            continue
        first = seen.setdefault(document_key(document.header.document_id), sent)
        if first is sent or is_same(first, sent):
            yield PASSED
            continue
        yield Breach(
            en=f"Document id {document.header.document_id} was used again for other content.",
            lv=f"Dokumenta identifikators {document.header.document_id} izmantots atkārtoti ar citu saturu.",
            evidence=(case.spot(first, None, "document_id"), case.spot(sent, None, "document_id")),
        )
