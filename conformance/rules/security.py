"""SEC: who calls, and how that is proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from conformance.rules.evidence import Case
from conformance.rules.judging import HELD, Broken, Occasion, rule
from conformance.rules.tokens import Issue, Use, complaints_of
from conformance.rules.traffic import Call
from conformance.rules.values import text
from simulator.journal.entries import Entry

CLAIMS = (
    "http://www.oasis-open.org/RSA2004/attributes/AUTHORITY",
    "http://docs.oasis-open.org/wsfed/authorization/200706/claims/action",
)
_GRACE = timedelta(seconds=5)  # between a client's look at its clock and the call's arrival
_LONG = timedelta(minutes=15)  # a token that holds for so long is worth keeping
_MANY = 3  # calls in a run, from which on one can tell whether a token is kept

_CHECKS = {
    "SEC-01": {"transport"},
    "SEC-02": {"applies-to", "token-audience", "token-request"},
    "SEC-03": {"claim"},
    "SEC-04": {"token-expired", "token-early"},
    "SEC-06": {"timestamp", "timestamp-expired", "timestamp-early", "clock"},
    "SEC-07": {"signature", "signature-value", "signed-parts", "key-reference", "duplicate-id", "replay"},
    "SEC-08": {"credential", "user", "token-subject", "token-issuer"},
    "SEC-10": {"security-header", "token", "token-encryption", "token-signature"},
}
"""Whose finding each failed check is."""


def _refusals(case: Case, requirement: str) -> Iterator[Entry]:
    """Calls and requests for tokens that were refused for what a requirement is about, by the retailer's own doing."""
    for entry in (*(each.entry for each in case.issues), *(each.call.entry for each in case.uses if not each.doctored)):
        if complaints_of(entry) & _CHECKS[requirement]:
            yield entry


def _refused(entry: Entry, expected: str, expected_lv: str, case: Case) -> Broken:
    asked = "request for a token" if entry.operation == "Issue" else "call"
    prasits = "Pilnvaras pieprasījums" if entry.operation == "Issue" else "Izsaukums"
    return Broken(
        en=f"A {asked} was refused: {entry.cause}",
        lv=f"{prasits} nav pieņemts: {entry.cause}",
        expected=expected,
        expected_lv=expected_lv,
        evidence=(case.entry(entry.number),),
    )


def _broken(case: Case, requirement: str, expected: str, expected_lv: str) -> Iterator[Broken]:
    for entry in _refusals(case, requirement):
        yield _refused(entry, expected, expected_lv, case)


@rule("SEC-01")
def certificate_checked(case: Case) -> Iterator[Occasion]:
    """All goes over TLS, and to nobody whose certificate is not the authority's."""
    expected = "TLS, broken off when the server's certificate is not signed by the authority that is trusted"
    expected_lv = "TLS, kas tiek pārtraukts, ja servera sertifikātu nav parakstījis uzticamais izdevējs"
    for entry in case.connections:
        if entry.operation == "shown":
            continue  # whether the client minds comes next
        if entry.operation == "handshake":
            yield HELD
            continue
        said = text(entry.details.get("said")) or "a request"
        foreign = entry.operation == "request"
        yield Broken(
            en=f"{said} was sent to a server with a foreign certificate."
            if foreign
            else "A call was made without TLS.",
            lv=f"{said} nosūtīts serverim ar svešu sertifikātu." if foreign else "Izsaukums veikts bez TLS.",
            expected=expected,
            expected_lv=expected_lv,
            evidence=(case.entry(entry.number),),
        )
    yield from _broken(case, "SEC-01", expected, expected_lv)


@rule("SEC-02")
def asked_for_dit(case: Case) -> Iterator[Occasion]:
    """A token is asked for with DIT's realm as AppliesTo."""
    yield from (HELD for each in case.issues if each.done)
    yield from _broken(
        case,
        "SEC-02",
        "a WS-Trust 1.3 request with AppliesTo https://ivis.eps.gov.lv/DIT.WebService",
        "WS-Trust 1.3 pieprasījums ar AppliesTo https://ivis.eps.gov.lv/DIT.WebService",
    )


@rule("SEC-03")
def claims_asked_for(case: Case) -> Iterator[Occasion]:
    """A token is asked for with the claims that DIT requires."""
    expected = f"the claims {' and '.join(CLAIMS)}"
    expected_lv = f"pazīmes {' un '.join(CLAIMS)}"
    for issue in case.issues:
        missing = [each for each in CLAIMS if each not in issue.claims]
        if not issue.done:
            continue
        if not missing:
            yield HELD
            continue
        yield Broken(
            en=f"A token was asked for without the claim {missing[0]}.",
            lv=f"Pilnvara pieprasīta bez pazīmes {missing[0]}.",
            expected=expected,
            expected_lv=expected_lv,
            evidence=(case.entry(issue.number),),
        )
    if not any(each.done and set(CLAIMS) - set(each.claims) for each in case.issues):
        yield from _broken(case, "SEC-03", expected, expected_lv)


@rule("SEC-04")
def not_after_its_end(case: Case) -> Iterator[Occasion]:
    """No call is made with a token that has ended."""
    issued = {each.token: each for each in case.issues if each.done and each.token is not None}
    ended: set[int] = set()
    for use in case.uses:
        issue = issued.get(use.token or "")
        if issue is None or issue.expires is None or issue.doctored:
            continue
        clock = text(issue.entry.details.get("clock"))
        at = use.at(clock)
        if at > issue.expires + _GRACE:
            ended.add(use.number)
            yield Broken(
                en=f"A call at {at.isoformat()} carried a token that had ended at {issue.expires.isoformat()}.",
                lv=f"Izsaukumā {at.isoformat()} lietota pilnvara, kuras termiņš beidzās {issue.expires.isoformat()}.",
                expected="a new token asked for before the old one ends",
                expected_lv="jauna pilnvara, kas saņemta, pirms vecajai beidzas termiņš",
                evidence=(case.entry(issue.number), case.entry(use.number)),
            )
        elif any(_ended_before(each, use, clock) for each in issued.values()):
            yield HELD
    for entry in _refusals(case, "SEC-04"):
        if entry.number not in ended:
            yield _refused(entry, "a token that holds now", "pilnvara, kas šobrīd ir spēkā", case)


def _ended_before(issue: Issue, use: Use, clock: str | None) -> bool:
    return issue.number < use.number and issue.expires is not None and use.at(clock) > issue.expires + _GRACE


@rule("SEC-05")
def kept(case: Case) -> Iterator[Occasion]:
    """A token that holds for long serves for more than one call of a run."""
    issued = {each.token: each for each in case.issues if each.done and each.token is not None}
    for run in case.all_exchanges:
        uses = [each for each in case.uses if run.number < each.number < run.ended and each.accepted]
        lasting = [each for each in uses if each.token in issued and _lasts(issued[each.token])]
        if len(lasting) < _MANY:
            continue
        tokens = list(dict.fromkeys(each.token or "" for each in lasting))
        if 2 * len(tokens) <= len(lasting):
            yield HELD
            continue
        yield Broken(
            en=f"For {len(lasting)} calls of one run {len(tokens)} tokens were asked for.",
            lv=f"Vienas apmaiņas reizes {len(lasting)} izsaukumiem prasītas {len(tokens)} pilnvaras.",
            expected="one token, used until shortly before it ends",
            expected_lv="viena pilnvara, ko lieto gandrīz līdz tās termiņa beigām",
            evidence=tuple(case.entry(issued[each].number) for each in tokens[:_MANY]),
        )


def _lasts(issue: Issue) -> bool:
    return issue.expires is not None and not issue.doctored and issue.expires - issue.at >= _LONG


@rule("SEC-06")
def timestamp_of_now(case: Case) -> Iterator[Occasion]:
    """Calls and requests for tokens carry a Timestamp of now."""
    yield from _accepted(case.uses)
    yield from _broken(
        case,
        "SEC-06",
        "a wsu:Timestamp whose Created is now, in UTC",
        "wsu:Timestamp, kurā Created ir pašreizējais laiks (UTC)",
    )


@rule("SEC-07")
def signed_with_its_key(case: Case) -> Iterator[Occasion]:
    """With a token that has a key the Timestamp is signed with that key."""
    yield from (HELD for each in case.uses if each.accepted and each.key_type not in (None, "Bearer"))
    yield from _broken(
        case,
        "SEC-07",
        "a signature over the wsu:Timestamp, made anew for each call with the token's key",
        "wsu:Timestamp paraksts, kas katram izsaukumam veidots no jauna ar pilnvaras atslēgu",
    )


@rule("SEC-08")
def own_credentials(case: Case) -> Iterator[Occasion]:
    """The retailer's own credentials are used, and no others."""
    yield from (HELD for each in case.issues if each.done)
    yield from _broken(
        case,
        "SEC-08",
        "user name and password, or the certificate, of this environment (hello gives them)",
        "šīs vides lietotājs un parole vai sertifikāts (tos dod hello)",
    )
    for entry in case.foreign_issues:
        yield Broken(
            en=f"A token was asked for as {text(entry.details.get('user'))}, a user of authority {entry.authority}.",
            lv=f"Pilnvara pieprasīta kā {text(entry.details.get('user'))}, iestādes {entry.authority} lietotājs.",
            expected=f"the user of authority {case.retailer.authority}",
            expected_lv=f"iestādes {case.retailer.authority} lietotājs",
            evidence=(case.entry(entry.number),),
        )


@rule("SEC-09")
def refused_token_thrown_away(case: Case) -> Iterator[Occasion]:
    """A token that DIT has refused is not used again."""
    refused: dict[str, Call] = {}
    for use in case.uses:
        if use.token in refused:
            yield Broken(
                en="A call carried a token that DIT had refused before.",
                lv="Izsaukumā lietota pilnvara, ko DIT jau iepriekš nepieņēma.",
                expected="a new token of the STS after InvalidSecurity",
                expected_lv="jauna drošības servisa pilnvara pēc InvalidSecurity",
                evidence=(case.entry(refused[use.token].number), case.entry(use.number)),
            )
        elif refused:
            yield HELD
        if not use.accepted and use.token is not None and _about_the_token(use):
            refused.setdefault(use.token, use.call)


def _about_the_token(use: Use) -> bool:
    return use.doctored or any(each.startswith("token") for each in complaints_of(use.call.entry))


@rule("SEC-10")
def token_as_it_came(case: Case) -> Iterator[Occasion]:
    """Each call carries a token of the STS, unchanged."""
    yield from _accepted(case.uses)
    yield from _broken(
        case,
        "SEC-10",
        "wsse:Security with the token of the STS, byte for byte",
        "wsse:Security ar drošības servisa pilnvaru bez izmaiņām",
    )


def _accepted(uses: Iterable[Use]) -> Iterator[Occasion]:
    yield from (HELD for each in uses if each.accepted)
