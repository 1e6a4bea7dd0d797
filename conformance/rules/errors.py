"""ERR: what the retailer does when something went wrong."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.rules.business import Exchange
from conformance.rules.evidence import Case, Fetched
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import Mending, Said
from conformance.rules.resending import copies_of, is_id_reused, lost_sends, resends_of
from conformance.rules.traffic import CONFIRM, DELETE, LIST, RECEIVE, Call, Delivery, Sent, is_same
from conformance.verdicts import Breach
from simulator.documents.identity import document_key
from simulator.documents.model import ChannelName


@rule("ERR-01")
def corrected(case: Case) -> Iterator[Check]:
    """A record that BVKB found wrong is put right by a document that corrects the whole of the earlier one."""
    for mending in case.reporting.mendings:
        after = mending.happening.number
        run = case.offer(ChannelName.CONTRACT, after)
        if run is None or case.clouded(ChannelName.CONTRACT, after) or mending.happening.contract in case.doubtful:
            continue
        later = [each for each in case.reporting.of(mending.happening.contract) if each.number > after]
        chain = _chain(case, mending.rejected.sent)
        known = {
            document_key(each.document.header.document_id) for each in case.documents() if each.document is not None
        }
        right = next(
            (
                each
                for each in later
                # A correction of a document that was never sent is ERR-11's finding.
                if each.corrects is not None
                and (document_key(each.corrects) in chain or document_key(each.corrects) not in known)
            ),
            None,
        )
        yield _uncorrected(case, mending, later, run) if right is None else PASSED


def _chain(case: Case, sent: Sent) -> set[str]:
    """The ids of a document and of all that correct it."""
    chain = {document_key(sent.document.header.document_id)} if sent.document is not None else set()
    for each in case.documents(ChannelName.CONTRACT):
        header = each.document.header if each.document is not None else None
        if header is not None and header.corrects is not None and document_key(header.corrects) in chain:
            chain.add(document_key(header.document_id))
    return chain


def _uncorrected(case: Case, mending: Mending, later: list[Said], run: Exchange) -> Breach:
    number, document = mending.happening.contract, mending.rejected.sent.document
    identifier = document.header.document_id if document is not None else ""
    told = "was sent again without naming the document that it corrects" if later else "was not corrected"
    teikts = "nosūtīts vēlreiz bez norādes uz labojamo dokumentu" if later else "nav izlabots"
    return Breach(
        en=f"BVKB found the record of contract {number} wrong ({mending.error.text_en}); once the data were mended, "
        f"it {told}.",
        lv=f"BVKB norādīja uz kļūdu līguma {number} ierakstā ({mending.error.text_lv}); kad dati izlaboti, "
        f"ieraksts {teikts}.",
        expected=f"a document that corrects {identifier}, whole, with the mended record, in the run that follows",
        expected_lv=f"pilns dokuments ar izlaboto ierakstu, kas labo {identifier}, nākamajā apmaiņas reizē",
        evidence=(
            case.entry(mending.event),
            case.spot(mending.rejected.sent, mending.rejected.index),
            *(case.spot(each.sent, each.index) for each in later[:1]),
            *(() if later else (case.entry(run.ended),)),
        ),
    )


@rule("ERR-14")
def corrected_whole(case: Case) -> Iterator[Check]:
    """A correcting document holds all records of the one that it corrects, which it replaces whole."""
    for mending in case.reporting.mendings:
        chain = _chain(case, mending.rejected.sent)
        right = next(
            (
                each
                for each in case.reporting.said
                if each.number > mending.happening.number
                and each.corrects is not None
                and document_key(each.corrects) in chain
            ),
            None,
        )
        if right is not None:
            yield _whole(case, mending, right)


def _whole(case: Case, mending: Mending, right: Said) -> Check:
    before, after = mending.rejected.sent.document, right.sent.document
    if before is None or after is None:
        return PASSED
    left_out = [each.contract for each in before.contracts() if each.contract not in _numbers(after.contracts())]
    if not left_out:
        return PASSED
    return Breach(
        en=f"The document that corrects {before.header.document_id} leaves out contract {', '.join(left_out)}, which "
        "thereby counts as not reported.",
        lv=f"Dokumentā, kas labo {before.header.document_id}, trūkst līguma {', '.join(left_out)}, tāpēc tas vairs nav "
        "uzskatāms par paziņotu.",
        evidence=(case.spot(right.sent), case.spot(mending.rejected.sent)),
    )


def _numbers(records: tuple[object, ...]) -> set[str]:
    return {each.contract for each in records if hasattr(each, "contract")}


@rule("ERR-02")
def sent_again(case: Case) -> Iterator[Check]:
    """A document whose reply was lost is sent again, as the same document."""
    for lost in lost_sends(case):
        copies = copies_of(case, lost)
        if copies:
            yield _renamed(case, lost, copies[0])
        elif resends_of(case, lost):
            yield PASSED
        elif is_id_reused(case, lost):
            continue  # CON-08's finding
        elif lost.channel is not None and _had_occasion(case, lost, lost.channel):
            yield _never(case, lost)


def _had_occasion(case: Case, lost: Sent, channel: ChannelName) -> bool:
    run = case.run_of(lost.number)
    return case.offer(channel, run.ended if run is not None else lost.number) is not None


def _renamed(case: Case, lost: Sent, copy: Sent) -> Breach:
    first = lost.document.header.document_id if lost.document is not None else ""
    second = copy.document.header.document_id if copy.document is not None else ""
    return Breach(
        en=f"The reply to document {first} was lost; its content was then sent as another document, {second}.",
        lv=f"Atbilde uz dokumentu {first} pazuda; tā saturs pēc tam nosūtīts kā cits dokuments {second}.",
        expected=f"the same document with the same id, {first}",
        expected_lv=f"tas pats dokuments ar to pašu identifikatoru {first}",
        evidence=(case.spot(lost, None, "document_id"), case.spot(copy, None, "document_id")),
    )


def _never(case: Case, lost: Sent) -> Breach:
    first = lost.document.header.document_id if lost.document is not None else ""
    return Breach(
        en=f"The reply to document {first} was lost, and the document was not sent again.",
        lv=f"Atbilde uz dokumentu {first} pazuda, un dokuments nav nosūtīts vēlreiz.",
        evidence=(case.spot(lost, None, "document_id"),),
    )


@rule("ERR-03")
def tried_again(case: Case) -> Iterator[Check]:
    """A document that DIT could not take is sent again, in the same run or the next."""
    for failed in case.sends:
        if not failed.call.our_trouble or failed.is_event or failed.channel is None:
            continue
        again = any(each.number > failed.number and is_same(each, failed) for each in case.sends)
        if again:
            yield PASSED
        elif _had_occasion(case, failed, failed.channel):
            yield Breach(
                en=f"A {failed.channel} document could not be taken by DIT, and was not sent again.",
                lv=f"Dokumentu ({failed.channel}) DIT nevarēja pieņemt, un tas nav nosūtīts vēlreiz.",
                evidence=(case.entry(failed.number),),
            )


@rule("ERR-04")
def calls_tried_again(case: Case) -> Iterator[Check]:
    """A call about the mailbox that DIT could not carry out is tried again, in the same run or the next."""
    for failed in case.calls:
        if not failed.our_trouble or failed.operation not in (LIST, RECEIVE, CONFIRM, DELETE):
            continue
        channel = _channel_of(case, failed)
        again = any(_replaces(case, each, failed, channel) for each in case.calls if each.number > failed.number)
        run = case.run_of(failed.number)
        if again:
            yield PASSED
        elif channel is not None and case.offer(channel, run.ended if run is not None else failed.number) is not None:
            yield Breach(
                en=f"{failed.operation} could not be carried out by DIT, and was not tried again.",
                lv=f"{failed.operation} DIT nevarēja izpildīt, un tas nav mēģināts vēlreiz.",
                expected=f"{failed.operation} again, in the next run at the latest",
                expected_lv=f"{failed.operation} vēlreiz, vēlākais nākamajā reizē",
                evidence=(case.entry(failed.number),),
            )


def _channel_of(case: Case, call: Call) -> ChannelName | None:
    version = call.selector.version
    if version is not None:
        found = case.profile.channel_of_version(version)
        return found.name if found is not None else None
    return next((case.delivered[each].channel for each in call.messages if each in case.delivered), None)


def _replaces(case: Case, later: Call, failed: Call, channel: ChannelName | None) -> bool:
    """Whether a later call does what a failed one was to do; reading by version stands for listing and reading."""
    if failed.operation in (LIST, RECEIVE) and later.operation == RECEIVE and later.selector.version is not None:
        return _channel_of(case, later) is channel
    if failed.operation == LIST:
        return later.operation == LIST and later.selector.version == failed.selector.version
    return later.operation == failed.operation and bool(set(later.messages) & set(failed.messages))


@rule("ERR-05")
def invalid_list_answered(case: Case) -> Iterator[Check]:
    """A list that is not valid by its schema is answered with an error message."""
    for fetched in _lists(case):
        content = fetched.delivery.content
        if content is None or (content.document is None and not content.data):
            continue
        if content.document is None:
            yield _answered(case, fetched, "is not valid by its schema", "neatbilst shēmai")


@rule("ERR-06")
def foreign_list_answered(case: Case) -> Iterator[Check]:
    """A list that is another retailer's is answered with an error message."""
    for fetched in _lists(case):
        document = fetched.delivery.content.document if fetched.delivery.content is not None else None
        if document is not None and document.header.provider != case.retailer.registration_number:
            yield _answered(case, fetched, "is another retailer's", "ir cita tirgotāja")


def _lists(case: Case) -> Iterator[Fetched]:
    """The lists of discounts that the retailer got, in runs that are over."""
    for fetched in case.fetched:
        is_list = fetched.delivery.channel is ChannelName.DISCOUNT and not fetched.delivery.is_event
        if is_list and (case.run_of(fetched.number) or case.offer(ChannelName.DISCOUNT, fetched.number)):
            yield fetched


def is_answered(case: Case, message: str) -> bool:
    """Whether an error message is about a message, or about none that there is (which is ERR-08's finding)."""
    return any(each.is_event and (each.related == message or each.related not in case.delivered) for each in case.sends)


def _answered(case: Case, fetched: Fetched, what: str, kas: str) -> Check:
    message = fetched.delivery.message
    if is_answered(case, message):
        return PASSED
    return Breach(
        en=f"Message {message} holds a list that {what}, and BVKB was not told.",
        lv=f"Ziņojumā {message} ir saraksts, kas {kas}, un BVKB par to nav paziņots.",
        expected="an EventMessage with RelatedMessageID of that message and an error report",
        expected_lv="EventMessage ar šī ziņojuma RelatedMessageID un kļūdas ziņojumu",
        evidence=(case.entry(fetched.delivery.number),),
    )


@rule("ERR-07")
def right_list_not_refused(case: Case) -> Iterator[Check]:
    """A list in which all is right is not answered with an error message."""
    if not any(each.do == "apply" for each in case.requests):
        return
    own = {*case.reporting.history, *case.doubtful}
    for fetched in _lists(case):
        document = fetched.delivery.content.document if fetched.delivery.content is not None else None
        if document is None or document.header.provider != case.retailer.registration_number:
            continue
        if any(record.contract not in own for record in document.discounts()):
            continue
        message = fetched.delivery.message
        refusal = next((each for each in case.sends if each.is_event and each.related == message), None)
        if refusal is None:
            yield PASSED
            continue
        yield Breach(
            en=f"Message {message} holds a list in which all is right, and was answered with an error.",
            lv=f"Ziņojumā {message} viss ir pareizi, bet uz to atbildēts ar kļūdu.",
            evidence=(case.entry(fetched.delivery.number), case.entry(refusal.number)),
        )


@rule("ERR-08")
def about_received_messages(case: Case) -> Iterator[Check]:
    """An error message is about a message that the retailer received."""
    for sent in case.sends:
        if not sent.is_event or sent.call.our_trouble:
            continue
        if sent.related in case.delivered:
            yield PASSED
            continue
        yield Breach(
            en=f"An error message is about message {sent.related or '(none)'}, which the retailer did not receive.",
            lv=f"Kļūdas ziņojums ir par ziņojumu {sent.related or '(nav)'}, kuru tirgotājs nav saņēmis.",
            evidence=(case.entry(sent.number),),
        )


@rule("ERR-09")
def names_the_document(case: Case) -> Iterator[Check]:
    """An error message names the document that is wrong by its id."""
    for sent, fetched in _complaints(case):
        document = fetched.content.document if fetched.content is not None else None
        report = sent.content.report if sent.content is not None else None
        if document is None or report is None:
            continue
        found, expected = report.document_id, document.header.document_id
        if found is not None and document_key(found) == document_key(expected):
            yield PASSED
            continue
        yield Breach(
            en=f"An error message names document {found or '(none)'}; the message that it is about holds {expected}.",
            lv=f"Kļūdas ziņojumā nosaukts dokuments {found or '(nav)'}; ziņojumā, par kuru tas ir, ir {expected}.",
            expected=f"the document's own id, {expected}",
            expected_lv=f"dokumenta identifikators {expected}",
            evidence=(case.entry(sent.number), case.entry(fetched.number)),
        )


@rule("ERR-10")
def names_the_record(case: Case) -> Iterator[Check]:
    """An error message about an unknown contract names the record by its place, counted from 1."""
    if not any(each.do == "apply" for each in case.requests):
        return
    own = {*case.reporting.history, *case.doubtful}
    for sent, fetched in _complaints(case):
        document = fetched.content.document if fetched.content is not None else None
        report = sent.content.report if sent.content is not None else None
        if document is None or report is None or document.header.provider != case.retailer.registration_number:
            continue
        expected = {place for place, each in enumerate(document.discounts(), 1) if each.contract not in own}
        found = {each.position for each in report.errors}
        if not expected:
            continue
        if expected <= found:
            yield PASSED
            continue
        wrong, right = ", ".join(map(str, found)), ", ".join(map(str, sorted(expected)))
        yield Breach(
            en=f"An error message names record {wrong}; the contract that is not there stands in record {right}.",
            lv=f"Kļūdas ziņojumā nosaukts {wrong}. ieraksts; nezināmais līgums ir {right}. ierakstā.",
            expected=f"record {right}, counted from 1",
            expected_lv=f"{right}. ieraksts, skaitot no 1",
            evidence=(case.entry(sent.number),),
        )


def _complaints(case: Case) -> Iterator[tuple[Sent, Delivery]]:
    """The retailer's error messages that DIT took, each with the message that it is about."""
    for sent in case.sends:
        if sent.is_event and sent.call.done and sent.related in case.delivered:
            yield sent, case.delivered[sent.related]


@rule("ERR-11")
def corrects_own(case: Case) -> Iterator[Check]:
    """A correcting document names a document that was sent before on the channel."""
    for sent, earlier in _corrections(case):
        if earlier is not None:
            yield PASSED
            continue
        corrects = sent.document.header.corrects if sent.document is not None else ""
        yield Breach(
            en=f"A document corrects {corrects}, which was never sent on this channel.",
            lv=f"Dokuments labo {corrects}, kas šajā kanālā nav sūtīts.",
            evidence=(case.spot(sent, None, "corrects"),),
        )


@rule("ERR-12")
def corrects_the_latest(case: Case) -> Iterator[Check]:
    """A document that was corrected before is not corrected again; its correction is."""
    seen: dict[str, Sent] = {}
    for sent, earlier in _corrections(case):
        if earlier is None or earlier.document is None:
            continue
        key = document_key(earlier.document.header.document_id)
        before = seen.setdefault(key, sent)
        if before is sent:
            yield PASSED
            continue
        yield Breach(
            en=f"Document {key} was corrected twice; the second correction had to name the first.",
            lv=f"Dokuments {key} labots divreiz; otrajam labojumam bija jānosauc pirmais.",
            evidence=(case.spot(before, None, "corrects"), case.spot(sent, None, "corrects")),
        )


@rule("ERR-13")
def correction_keeps_period(case: Case) -> Iterator[Check]:
    """A correcting document is about the month of the one that it corrects."""
    for sent, earlier in _corrections(case):
        if sent.document is None or earlier is None or earlier.document is None:
            continue
        found, expected = sent.document.header.period, earlier.document.header.period
        if found == expected:
            yield PASSED
            continue
        yield Breach(
            en=f"A correcting document is about {found}, the one that it corrects about {expected}.",
            lv=f"Labojums ir par {found}, labojamais dokuments par {expected}.",
            expected=f"period {expected}",
            expected_lv=f"periods {expected}",
            evidence=(case.spot(sent, None, "period"), case.spot(earlier, None, "period")),
        )


def _corrections(case: Case) -> Iterator[tuple[Sent, Sent | None]]:
    """The correcting documents, each with the one that it names, None when there is none."""
    sent_before: dict[tuple[ChannelName | None, str], Sent] = {}
    for sent in case.documents():
        if sent.document is None:
            continue
        header = sent.document.header
        if header.corrects is not None:
            yield sent, sent_before.get((sent.channel, document_key(header.corrects)))
        sent_before[sent.channel, document_key(header.document_id)] = sent


@rule("ERR-15")
def no_answer_to_errors(case: Case) -> Iterator[Check]:
    """An error message is not answered with an error message."""
    events = {each.message for each in case.deliveries if each.is_event}
    for fetched in case.fetched:
        if fetched.delivery.message not in events:
            continue
        answer = next((each for each in case.sends if each.is_event and each.related == fetched.delivery.message), None)
        if answer is None:
            yield PASSED
            continue
        yield Breach(
            en=f"Error message {fetched.delivery.message} was answered with an error message.",
            lv=f"Uz kļūdas ziņojumu {fetched.delivery.message} atbildēts ar kļūdas ziņojumu.",
            evidence=(case.entry(fetched.delivery.number), case.entry(answer.number)),
        )


@rule("ERR-16")
def refused_not_repeated(case: Case) -> Iterator[Check]:
    """What DIT refused as invalid is not sent again unchanged, byte for byte."""
    refused: dict[str, Sent] = {}
    for sent in case.sends:
        payload = sent.call.entry.payload
        if payload is None or sent.is_event:
            continue
        before = refused.get(payload)
        if before is not None:
            yield Breach(
                en=f"A {sent.channel} document that DIT had refused was sent again unchanged.",
                lv=f"Dokuments ({sent.channel}), ko DIT nepieņēma, nosūtīts vēlreiz bez izmaiņām.",
                evidence=(case.entry(before.number), case.entry(sent.number)),
            )
        elif sent.call.refused:
            refused[payload] = sent
        else:
            yield PASSED


@rule("ERR-17")
def not_repeated(case: Case) -> Iterator[Check]:
    """A document that DIT has acknowledged is not sent again."""
    known: dict[str, Sent] = {}
    for sent in case.sends:
        if sent.document is None:
            continue
        identifier = document_key(sent.document.header.document_id)
        before = known.get(identifier)
        if before is not None and is_same(before, sent):
            yield Breach(
                en=f"Document {identifier} was sent again although DIT had acknowledged it.",
                lv=f"Dokuments {identifier} nosūtīts vēlreiz, lai gan DIT to bija apstiprinājis.",
                evidence=(case.entry(before.number), case.entry(sent.number)),
            )
            continue
        yield PASSED
        if sent.call.answered:
            known[identifier] = sent
