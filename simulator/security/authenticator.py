"""The authenticator of DIT's federated endpoints: every check of a call, in the order in which it is easiest to fix.

The security of one simulation: the authenticator and the STS, which share keys, users and clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.dit.refusals import Refused
from simulator.documents.parsing import Element
from simulator.domain.clock import Clock
from simulator.fault_injection.faults import Faults, TamperedTokens, digest_of
from simulator.journal import Json
from simulator.security import credentials as proof
from simulator.security.encryption import Assertion
from simulator.security.errors import BINDING, WSS, Check, SecurityRefusal, opaque_fault, refuse
from simulator.security.header import (
    SECURITY,
    Moments,
    Reading,
    later,
    lived_by,
    read_timestamp,
    reply_header,
    security_header,
)
from simulator.security.keys import Account, Material
from simulator.security.names import CERTIFICATE, USERNAME, WSA, KeyType, service_policy
from simulator.security.replay_cache import Replays
from simulator.security.settings import Settings
from simulator.security.signatures import text_of
from simulator.security.trust import TOKENS, Believed, Trust, check_conditions, token_in
from simulator.soap.authenticator import Credentials, Principal, ReplayKey
from simulator.store import Store

if TYPE_CHECKING:
    from simulator.security.sts import TokenService
    from simulator.store import Transaction


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

    def note(self, transaction: Transaction, principal: Principal) -> None:
        """Record the call in this transaction; raises Refused if it is a replay, to this server or another."""
        if principal.replay_key is None:
            return
        try:
            self._replays.note(transaction, principal.replay_key)
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
            element
            for header in credentials.headers
            if header.tag == SECURITY
            for element in header
            if element.tag in TOKENS
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
            message_id = next(
                (text_of(header) for header in credentials.headers if header.tag == f"{{{WSA}}}MessageID"), ""
            )
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


CREDENTIALS = {"username": USERNAME, "certificate": CERTIFICATE}
"""By what clients are known at first, as the command line says it, and the STS's address for it."""


@dataclass(frozen=True, slots=True)
class Security:
    """What a server needs to know for serving securely: the folder of keys, the settings, the credential, its names."""

    folder: Path
    settings: Settings
    credential: str = "username"
    hosts: tuple[str, ...] = ()

    def material(self, users: Iterable[str]) -> Material:
        """Keys, passwords and certificates, made where they are missing; raises MaterialError."""
        from simulator.security.keys import open_material  # noqa: PLC0415 - loads cryptography

        return open_material(self.folder, users, self.hosts)

    def impostor(self) -> Material:
        """Keys of somebody whom nobody has reason to trust, for misbehaviour on purpose; raises MaterialError."""
        from simulator.security.keys import open_material  # noqa: PLC0415 - see above

        return open_material(self.folder / "impostor", (), self.hosts)


@dataclass(frozen=True, slots=True)
class Secured:
    """A simulation's authenticator, its STS, and their keys."""

    authenticator: FederationAuthenticator
    sts: TokenService
    material: Material


def secure(
    security: Security, accounts: Mapping[str, Account], *, clock: Clock, store: Store, faults: Faults
) -> Secured:
    """Set up the authenticator and the STS; raises MaterialError when the folder of keys cannot be used."""
    from simulator.fault_injection.faults import TamperedTokens  # noqa: PLC0415 - see Security
    from simulator.security.header import Moments  # noqa: PLC0415
    from simulator.security.sts import TokenService  # noqa: PLC0415

    tampered = TamperedTokens()
    material = security.material(accounts)
    moments = Moments(clock, security.settings.call.clock.value)
    authenticator = FederationAuthenticator(
        settings=security.settings,
        material=material,
        accounts=accounts,
        moments=moments,
        credential=CREDENTIALS[security.credential],
        tampered=tampered,
    )
    sts = TokenService(
        settings=security.settings,
        material=material,
        accounts=accounts,
        moments=moments,
        clock=clock,
        store=store,
        faults=faults,
        impostor=security.impostor,
        tampered=tampered,
    )
    return Secured(authenticator, sts, material)
