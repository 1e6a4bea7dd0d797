"""Chapter SEC: certificates, tokens and signatures of the retailer's calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from conformance.requirements.verdicts import UNSTATED, Breach, Evidence
from conformance.rules.access import Issue, Use, complaints_of
from conformance.rules.case import Case
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.traffic import Call
from conformance.rules.values import text
from simulator.domain.language import Shown, _
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
"""The failed checks of the authenticator that break each requirement."""


def _refusals(case: Case, requirement: str) -> Iterator[Entry]:
    """Yield the calls and requests for tokens that were refused on a requirement's checks, by the retailer's fault."""
    for entry in (
        *(issue.entry for issue in case.access.issues),
        *(use.call.entry for use in case.access.uses if not use.doctored),
    ):
        if complaints_of(entry) & _CHECKS[requirement]:
            yield entry


def _refused(entry: Entry, expected: Shown = UNSTATED) -> Breach:
    message = _("A call was refused: {cause}", cause=entry.cause)
    if entry.operation == "Issue":
        message = _("A request for a token was refused: {cause}", cause=entry.cause)
    return Breach(message, expected, evidence=(Evidence(entry.number),))


def _broken(case: Case, requirement: str, expected: Shown = UNSTATED) -> Iterator[Breach]:
    for entry in _refusals(case, requirement):
        yield _refused(entry, expected)


@rule("SEC-01")
def certificate_checked(case: Case) -> Iterator[Check]:
    """All goes over TLS, and to nobody whose certificate is not the authority's."""
    for entry in case.access.connections:
        if entry.operation == "shown":
            continue  # whether the client minds comes next
        if entry.operation == "handshake":
            yield PASSED
            continue
        message = _("A call was made without TLS.")
        if entry.operation == "request":
            request = text(entry.details.get("said")) or "a request"
            message = _("{request} was sent to a server with a foreign certificate.", request=request)
        yield Breach(message, evidence=(Evidence(entry.number),))
    yield from _broken(case, "SEC-01")


@rule("SEC-02")
def asked_for_dit(case: Case) -> Iterator[Check]:
    """A token is asked for with DIT's realm as AppliesTo."""
    yield from (PASSED for issue in case.access.issues if issue.done)
    yield from _broken(case, "SEC-02")


@rule("SEC-03")
def claims_asked_for(case: Case) -> Iterator[Check]:
    """A token is asked for with the claims that DIT requires."""
    expected = _("the claims {authority} and {action}", authority=CLAIMS[0], action=CLAIMS[1])
    for issue in case.access.issues:
        missing = [claim for claim in CLAIMS if claim not in issue.claims]
        if not issue.done:
            continue
        if not missing:
            yield PASSED
            continue
        yield Breach(
            _("A token was asked for without the claim {claim}.", claim=missing[0]),
            expected=expected,
            evidence=(Evidence(issue.number),),
        )
    if not any(other.done and set(CLAIMS) - set(other.claims) for other in case.access.issues):
        yield from _broken(case, "SEC-03", expected)


@rule("SEC-04")
def not_after_its_end(case: Case) -> Iterator[Check]:
    """No call is made with a token that has ended."""
    issued = {other.token: other for other in case.access.issues if other.done and other.token is not None}
    ended: set[int] = set()
    for use in case.access.uses:
        issue = issued.get(use.token or "")
        if issue is None or issue.expires is None or issue.doctored:
            continue
        clock = text(issue.entry.details.get("clock"))
        at = use.at(clock)
        if at > issue.expires + _GRACE:
            ended.add(use.number)
            yield Breach(
                _(
                    "A call at {at} carried a token that had ended at {end}.",
                    at=at.isoformat(),
                    end=issue.expires.isoformat(),
                ),
                evidence=(Evidence(issue.number), Evidence(use.number)),
            )
        elif any(_ended_before(other, use, clock) for other in issued.values()):
            yield PASSED
    for entry in _refusals(case, "SEC-04"):
        if entry.number not in ended:
            yield _refused(entry, _("a token that holds now"))


def _ended_before(issue: Issue, use: Use, clock: str | None) -> bool:
    return issue.number < use.number and issue.expires is not None and use.at(clock) > issue.expires + _GRACE


@rule("SEC-05")
def kept(case: Case) -> Iterator[Check]:
    """A token that holds for long serves for more than one call of a run."""
    issued = {issue.token: issue for issue in case.access.issues if issue.done and issue.token is not None}
    for run in case.business.all_runs:
        uses = [use for use in case.access.uses if run.number < use.number < run.ended and use.accepted]
        lasting = [use for use in uses if use.token in issued and _lasts(issued[use.token])]
        if len(lasting) < _MANY:
            continue
        tokens = list(dict.fromkeys(use.token or "" for use in lasting))
        if 2 * len(tokens) <= len(lasting):
            yield PASSED
            continue
        yield Breach(
            _("For {calls} calls of one run {tokens} tokens were asked for.", calls=len(lasting), tokens=len(tokens)),
            evidence=tuple(Evidence(issued[token].number) for token in tokens[:_MANY]),
        )


def _lasts(issue: Issue) -> bool:
    return issue.expires is not None and not issue.doctored and issue.expires - issue.at >= _LONG


@rule("SEC-06")
def timestamp_of_now(case: Case) -> Iterator[Check]:
    """Calls and requests for tokens carry a Timestamp of now."""
    yield from _accepted(case.access.uses)
    yield from _broken(case, "SEC-06")


@rule("SEC-07")
def signed_with_its_key(case: Case) -> Iterator[Check]:
    """With a token that has a key the Timestamp is signed with that key."""
    yield from (PASSED for use in case.access.uses if use.accepted and use.key_type not in (None, "Bearer"))
    yield from _broken(case, "SEC-07")


@rule("SEC-08")
def own_credentials(case: Case) -> Iterator[Check]:
    """The retailer's own credentials are used, and no others."""
    yield from (PASSED for issue in case.access.issues if issue.done)
    yield from _broken(case, "SEC-08")
    for entry in case.access.foreign_issues:
        yield Breach(
            _(
                "A token was asked for as {user}, a user of authority {authority}.",
                user=text(entry.details.get("user")),
                authority=entry.authority,
            ),
            expected=_("the user of authority {authority}", authority=case.retailer.authority),
            evidence=(Evidence(entry.number),),
        )


@rule("SEC-09")
def refused_token_thrown_away(case: Case) -> Iterator[Check]:
    """A token that DIT has refused is not used again."""
    refused: dict[str, Call] = {}
    for use in case.access.uses:
        if use.token in refused:
            yield Breach(
                _("A call carried a token that DIT had refused before."),
                evidence=(Evidence(refused[use.token].number), Evidence(use.number)),
            )
        elif refused:
            yield PASSED
        if not use.accepted and use.token is not None and _about_the_token(use):
            refused.setdefault(use.token, use.call)


def _about_the_token(use: Use) -> bool:
    return use.doctored or any(complaint.startswith("token") for complaint in complaints_of(use.call.entry))


@rule("SEC-10")
def token_as_it_came(case: Case) -> Iterator[Check]:
    """Each call carries a token of the STS, unchanged."""
    yield from _accepted(case.access.uses)
    yield from _broken(case, "SEC-10")


def _accepted(uses: Iterable[Use]) -> Iterator[Check]:
    yield from (PASSED for use in uses if use.accepted)
