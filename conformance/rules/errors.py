"""ERR: what the retailer does when something went wrong."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.rules.business import Exchange
from conformance.rules.evidence import Case
from conformance.rules.judging import HELD, Broken, Occasion, rule
from conformance.rules.reporting import Mending, Said
from conformance.rules.resending import copies_of, lost_sends, resends_of
from conformance.rules.traffic import Sent
from simulator.documents.model import ChannelName


@rule("ERR-01")
def corrected(case: Case) -> Iterator[Occasion]:
    """A record that BVKB found wrong is put right by a document that corrects the whole of the earlier one."""
    for mending in case.reporting.mendings:
        after = mending.happening.number
        run = case.offer(ChannelName.CONTRACT, after)
        if run is None or case.clouded(ChannelName.CONTRACT, after) or mending.happening.contract in case.doubtful:
            continue
        later = [each for each in case.reporting.of(mending.happening.contract) if each.number > after]
        chain = _chain(case, mending.rejected.sent)
        right = next((each for each in later if each.corrects is not None and each.corrects.lower() in chain), None)
        yield _uncorrected(case, mending, later, run) if right is None else _whole(case, mending, right)


def _chain(case: Case, sent: Sent) -> set[str]:
    """The ids of a document and of all that correct it."""
    chain = {sent.document.header.document_id.lower()} if sent.document is not None else set()
    for each in case.documents(ChannelName.CONTRACT):
        header = each.document.header if each.document is not None else None
        if header is not None and header.corrects is not None and header.corrects.lower() in chain:
            chain.add(header.document_id.lower())
    return chain


def _uncorrected(case: Case, mending: Mending, later: list[Said], run: Exchange) -> Broken:
    number, document = mending.happening.contract, mending.rejected.sent.document
    identifier = document.header.document_id if document is not None else ""
    told = "was sent again without naming the document that it corrects" if later else "was not corrected"
    teikts = "nosūtīts vēlreiz bez norādes uz labojamo dokumentu" if later else "nav izlabots"
    return Broken(
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


def _whole(case: Case, mending: Mending, right: Said) -> Occasion:
    before, after = mending.rejected.sent.document, right.sent.document
    if before is None or after is None:
        return HELD
    left_out = [each.contract for each in before.contracts() if each.contract not in _numbers(after.contracts())]
    if not left_out:
        return HELD
    return Broken(
        en=f"The document that corrects {before.header.document_id} leaves out contract {', '.join(left_out)}, which "
        "thereby counts as not reported.",
        lv=f"Dokumentā, kas labo {before.header.document_id}, trūkst līguma {', '.join(left_out)}, tāpēc tas vairs nav "
        "uzskatāms par paziņotu.",
        expected="all records of the document that is corrected, since it is replaced whole",
        expected_lv="visi labojamā dokumenta ieraksti, jo to aizstāj pilnībā",
        evidence=(case.spot(right.sent), case.spot(mending.rejected.sent)),
    )


def _numbers(records: tuple[object, ...]) -> set[str]:
    return {each.contract for each in records if hasattr(each, "contract")}


@rule("ERR-02")
def sent_again(case: Case) -> Iterator[Occasion]:
    """A document whose reply was lost is sent again, as the same document."""
    for lost in lost_sends(case):
        copies = copies_of(case, lost)
        if copies:
            yield _renamed(case, lost, copies[0])
        elif resends_of(case, lost):
            yield HELD
        elif lost.channel is not None and _had_occasion(case, lost, lost.channel):
            yield _never(case, lost)


def _had_occasion(case: Case, lost: Sent, channel: ChannelName) -> bool:
    run = case.run_of(lost.number)
    return case.offer(channel, run.ended if run is not None else lost.number) is not None


def _renamed(case: Case, lost: Sent, copy: Sent) -> Broken:
    first = lost.document.header.document_id if lost.document is not None else ""
    second = copy.document.header.document_id if copy.document is not None else ""
    return Broken(
        en=f"The reply to document {first} was lost; its content was then sent as another document, {second}.",
        lv=f"Atbilde uz dokumentu {first} pazuda; tā saturs pēc tam nosūtīts kā cits dokuments {second}.",
        expected=f"the same document with the same id, {first}",
        expected_lv=f"tas pats dokuments ar to pašu identifikatoru {first}",
        evidence=(case.spot(lost, None, "document_id"), case.spot(copy, None, "document_id")),
    )


def _never(case: Case, lost: Sent) -> Broken:
    first = lost.document.header.document_id if lost.document is not None else ""
    return Broken(
        en=f"The reply to document {first} was lost, and the document was not sent again.",
        lv=f"Atbilde uz dokumentu {first} pazuda, un dokuments nav nosūtīts vēlreiz.",
        expected="the same document sent again in the next run: without a reply nobody knows that it arrived",
        expected_lv="tas pats dokuments nosūtīts vēlreiz nākamajā reizē: bez atbildes nav zināms, vai tas saņemts",
        evidence=(case.spot(lost, None, "document_id"),),
    )
