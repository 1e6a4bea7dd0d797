"""The authenticator of DIT's federated endpoints: every check of a call, in the order in which it is easiest to fix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from simulator.dit.refusals import Refused
from simulator.documents.parsing import Element
from simulator.journal import Json
from simulator.security import proof
from simulator.security.accounts import Account
from simulator.security.doctored import TamperedTokens, digest_of
from simulator.security.errors import BINDING, WSS, Check, SecurityRefusal, refuse
from simulator.security.faults import opaque_fault
from simulator.security.header import SECURITY, lived_by, read_timestamp, reply_header, security_header
from simulator.security.material import Material
from simulator.security.moments import Moments, Reading, later
from simulator.security.names import WSA, KeyType
from simulator.security.policies import service_policy
from simulator.security.replays import Replays
from simulator.security.settings import Settings
from simulator.security.tokens import Assertion
from simulator.security.trees import text_of
from simulator.security.trust import TOKENS, Believed, Trust, check_conditions, token_in
from simulator.soap.gate import Credentials, Principal, ReplayKey

if TYPE_CHECKING:
    from simulator.store import Unit

_AUTHORITY = "http://www.oasis-open.org/RSA2004/attributes/AUTHORITY"


class FederationAuthenticator:
    """Authenticates calls to ``/ws2007FederationNoSct`` by a token of our STS."""

    understood = frozenset({SECURITY})

    def __init__(
        self,
        *,
        settings: Settings,
        material: Material,
        accounts: Mapping[str, Account],
        moments: Moments,
        credential: str,
        tampered: TamperedTokens,
    ) -> None:
        self._settings = settings
        self._accounts = accounts
        self._credential = credential
        self._trust = Trust(settings, material)
        self._replays = Replays()
        self._moments = moments
        self._tampered = tampered

    @property
    def plain(self) -> bool:
        """Whether the addresses without security are served too."""
        return self._settings.call.plain.value

    def authenticate(self, credentials: Credentials) -> Principal:
        """Return the caller; raises Refused with one opaque fault, whose cause is for the journal."""
        try:
            return self._authenticate(credentials)
        except Refused as refused:
            raise self._opaque(refused, self._particulars(credentials)) from None

    def note(self, unit: Unit, principal: Principal) -> None:
        """Record the call in this transaction; raises Refused if it is a replay, to this server or another."""
        if principal.replay_key is None:
            return
        try:
            self._replays.note(unit, principal.replay_key)
        except Refused as refused:
            digest: dict[str, Json] = {"security": {"token_digest": principal.details["token_digest"]}}
            raise self._opaque(refused, digest) from None

    def _opaque(self, refused: Refused, particulars: Mapping[str, Json]) -> Refused:
        if not isinstance(refused.refusal, SecurityRefusal):
            return refused
        return Refused(opaque_fault(refused.refusal, self._settings, particulars=particulars))

    def _particulars(self, credentials: Credentials) -> dict[str, Json]:
        """Which token was refused, and whether the simulator itself made it wrong."""
        found = [
            each for header in credentials.headers if header.tag == SECURITY for each in header if each.tag in TOKENS
        ]
        if len(found) != 1:
            return {}
        name = digest_of(found[0])
        kind = self._tampered.kind(name)
        told: dict[str, Json] = {"security": {"token_digest": name}}
        return told if kind is None else {**told, "misbehaviour": kind}

    def reply_headers(self, principal: Principal) -> tuple[Element, ...]:
        """Header blocks of the answer: a Timestamp of now, by the caller's clock."""
        reading = self._moments.reading(str(principal.details["clock"])) or self._moments.readings()[0]
        return (reply_header(reading, self._settings.call.timestamp_seconds.value),)

    def policy(self, base: str) -> Element:
        """The wsp:Policy of the guarded bindings, which names the STS."""
        return service_policy(base, self._settings, self._credential)

    def _authenticate(self, credentials: Credentials) -> Principal:
        if not credentials.encrypted_transport:
            raise refuse(
                Check.TRANSPORT,
                "the connection",
                "it is plain HTTP",
                expected="HTTPS (TLS 1.2 or later)",
                remedy="call the https address; trust ca.pem of the simulator's folder of keys",
                source=BINDING,
            )
        header = security_header(credentials.headers)
        settings = self._settings.call
        timestamp = read_timestamp(header, self._moments, settings)
        token = token_in(header)
        believed = self._trust.believe(token)
        assertion = believed.assertion
        reading = lived_by(timestamp, assertion.lives_by)
        check_conditions(assertion, reading, self._settings)
        once = self._check_proof(credentials, header, timestamp.element, token, assertion)
        account = self._account(assertion)
        until = later(timestamp.expires, settings.skew_seconds.value)
        only = ReplayKey(*once, reading.clock, reading.now, until) if settings.refuse_replays.value else None
        return Principal(account.user, _details(believed, reading), only)

    def _check_proof(
        self, credentials: Credentials, header: Element, timestamp: Element, token: Element, assertion: Assertion
    ) -> tuple[str, str]:
        """What makes this call different from all others, and where that stands."""
        if assertion.key_type is KeyType.BEARER:
            message_id = next((text_of(each) for each in credentials.headers if each.tag == f"{{{WSA}}}MessageID"), "")
            return f"{assertion.id} {message_id}", "soap:Header/wsa:MessageID"
        kind = f"the {assertion.key_type.label} proof key of the token"
        signature = proof.signature_in(header, self._settings.call, expected=kind)
        targets = proof.check_signed_parts(signature, header, timestamp, body_whole=credentials.body_whole)
        proof.check_proof(signature, assertion, token, targets)
        return signature.value, f"{proof.PLACE}/ds:SignatureValue"

    def _account(self, assertion: Assertion) -> Account:
        required = self._settings.claims.required
        for claim in required.value:
            if not any(assertion.claims.get(claim, ())):
                raise refuse(
                    Check.CLAIM,
                    f"the token's claim {claim}",
                    "the token does not have it",
                    expected=f"the claims {', '.join(required.value)}",
                    remedy="ask for it in wst:Claims of the token's request (WCF: claimTypeRequirements; CXF: "
                    "sp:IssuedToken's "
                    "RequestSecurityTokenTemplate, as in the WSDL)",
                    source=required.provenance,
                    credential=True,
                )
        account = self._accounts.get(assertion.subject)
        named = assertion.claims.get(_AUTHORITY, (assertion.subject,))
        if account is None or account.authority not in named:
            raise refuse(
                Check.USER,
                "the token's subject",
                f"it is {assertion.subject!r} of the authority {', '.join(named)}, whom DIT does not know",
                expected=f"one of {', '.join(sorted(self._accounts)) or 'none'}, of its own authority",
                remedy="ask for the token as a user of this world (fixtures/worlds, or --world)",
                source=WSS,
                credential=True,
            )
        return account


def _details(believed: Believed, reading: Reading) -> dict[str, Json]:
    assertion = believed.assertion
    return {
        "token": assertion.id,
        "token_digest": believed.name,
        "token_type": assertion.token_type.label,
        "key_type": assertion.key_type.label,
        "encrypted": believed.encrypted,
        "clock": reading.clock,
    }
