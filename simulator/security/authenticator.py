"""The security of a simulation: the authenticator of DIT's federated endpoints, and the STS that it trusts.

The authenticator runs every check of a call, in an order in which a client developer can fix one after another.
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
from simulator.security.credentials import SIGNATURE, check_proof, check_signed_parts, signature_in
from simulator.security.encryption import Assertion
from simulator.security.errors import BINDING, WSS, Check, SecurityRefusal, opaque_fault, refuse
from simulator.security.header import (
    SECURITY,
    CallerClocks,
    Reading,
    clock_of_call,
    later,
    read_timestamp,
    reply_header,
    security_header,
)
from simulator.security.keys import Account, Material
from simulator.security.names import CERTIFICATE, USERNAME, WSA, KeyType, service_policy
from simulator.security.replay_cache import ReplayCache
from simulator.security.settings import Settings
from simulator.security.signatures import text_of
from simulator.security.trust import TOKENS, TokenVerifier, VerifiedToken, check_conditions, token_in
from simulator.soap.authenticator import Credentials, Principal, ReplayKey
from simulator.store import Store

if TYPE_CHECKING:
    from simulator.security.sts import TokenService
    from simulator.store import Transaction


CREDENTIALS = {"username": USERNAME, "certificate": CERTIFICATE}
"""Kinds of credentials at the STS, as the command line names them, and the last segment of the STS's address."""

_AUTHORITY = "http://www.oasis-open.org/RSA2004/attributes/AUTHORITY"


class FederationAuthenticator:
    """Authenticates calls to ``/ws2007FederationNoSct`` by a token of this simulator's STS.

    Implements :class:`simulator.soap.authenticator.Authenticator`. ``credential`` is the last segment of the STS's
    address in the policy; ``accounts`` are the known users by name.
    """

    understood = frozenset({SECURITY})

    def __init__(
        self,
        *,
        settings: Settings,
        material: Material,
        accounts: Mapping[str, Account],
        clocks: CallerClocks,
        credential: str,
        tampered: TamperedTokens,
    ) -> None:
        self._settings = settings
        self._accounts = accounts
        self._credential = credential
        self._verifier = TokenVerifier(settings, material)
        self._replays = ReplayCache()
        self._clocks = clocks
        self._tampered = tampered

    @property
    def plain(self) -> bool:
        """True when the endpoints without security are served too (setting call.plain)."""
        return self._settings.call.plain.value

    def authenticate(self, credentials: Credentials) -> Principal:
        """Return the caller; raises Refused with an opaque fault, whose cause only the journal has."""
        try:
            return self._authenticate(credentials)
        except Refused as refused:
            raise self._opaque(refused, self._particulars(credentials)) from None

    def note(self, transaction: Transaction, principal: Principal) -> None:
        """Record the call in this transaction; raises Refused if it is a replay, on any server with this store."""
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
        """Return the refused token's digest for the journal, and its fault if it is a tampered token."""
        tokens = [
            element
            for header in credentials.headers
            if header.tag == SECURITY
            for element in header
            if element.tag in TOKENS
        ]
        if len(tokens) != 1:
            return {}
        digest = digest_of(tokens[0])
        kind = self._tampered.kind(digest)
        particulars: dict[str, Json] = {"security": {"token_digest": digest}}
        return particulars if kind is None else {**particulars, "misbehaviour": kind}

    def reply_headers(self, principal: Principal) -> tuple[Element, ...]:
        """Return the header blocks of the reply: a Timestamp with the present time of the caller's clock."""
        reading = self._clocks.reading(str(principal.details["clock"])) or self._clocks.readings()[0]
        return (reply_header(reading, self._settings.call.timestamp_seconds.value),)

    def policy(self, base: str) -> Element:
        """Return the wsp:Policy of the secured bindings below a base URL, which names the STS."""
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
        timestamp = read_timestamp(header, self._clocks, settings)
        token = token_in(header)
        verified = self._verifier.verify(token)
        assertion = verified.assertion
        reading = clock_of_call(timestamp, assertion.clock)
        check_conditions(assertion, reading, self._settings)
        value, element = self._check_proof(credentials, header, timestamp.element, token, assertion)
        account = self._account(assertion)
        until = later(timestamp.expires, settings.skew_seconds.value)
        replay_key = ReplayKey(value, element, reading.clock, reading.now, until)
        details = _details(verified, reading)
        return Principal(account.user, details, replay_key if settings.refuse_replays.value else None)

    def _check_proof(
        self, credentials: Credentials, header: Element, timestamp: Element, token: Element, assertion: Assertion
    ) -> tuple[str, str]:
        """Check the signature; return the value by which a replay is detected, and the element that has it.

        A bearer token needs no signature; its calls are distinguished by the message id. Raises Refused.
        """
        if assertion.key_type is KeyType.BEARER:
            message_id = next(
                (text_of(header) for header in credentials.headers if header.tag == f"{{{WSA}}}MessageID"), ""
            )
            return f"{assertion.id} {message_id}", "soap:Header/wsa:MessageID"
        kind = f"the {assertion.key_type.label} proof key of the token"
        signature = signature_in(header, self._settings.call, expected=kind)
        targets = check_signed_parts(signature, header, timestamp, body_whole=credentials.body_whole)
        check_proof(signature, assertion, token, targets)
        return signature.value, f"{SIGNATURE}/ds:SignatureValue"

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
                    "sp:IssuedToken's RequestSecurityTokenTemplate, as in the WSDL)",
                    source=required.provenance,
                    credential=True,
                )
        account = self._accounts.get(assertion.subject)
        authorities = assertion.claims.get(_AUTHORITY, (assertion.subject,))
        if account is None or account.authority not in authorities:
            raise refuse(
                Check.USER,
                "the token's subject",
                f"it is {assertion.subject!r} of the authority {', '.join(authorities)}, whom DIT does not know",
                expected=f"one of {', '.join(sorted(self._accounts)) or 'none'}, of its own authority",
                remedy="ask for the token as a user of this world (fixtures/worlds, or --world)",
                source=WSS,
                credential=True,
            )
        return account


def _details(verified: VerifiedToken, reading: Reading) -> dict[str, Json]:
    assertion = verified.assertion
    return {
        "token": assertion.id,
        "token_digest": verified.digest,
        "token_type": assertion.token_type.label,
        "key_type": assertion.key_type.label,
        "encrypted": verified.encrypted,
        "clock": reading.clock,
    }


@dataclass(frozen=True, slots=True)
class Security:
    """Configuration of a secured server.

    ``folder`` holds the keys; ``credential`` is a key of :data:`CREDENTIALS`; ``hosts`` are further names or addresses
    of the server for its TLS certificate, besides loopback.
    """

    folder: Path
    settings: Settings
    credential: str = "username"
    hosts: tuple[str, ...] = ()

    def material(self, users: Iterable[str]) -> Material:
        """Read keys, passwords and certificates, and create those that are missing; raises MaterialError."""
        from simulator.security.keys import open_material  # noqa: PLC0415 - loads cryptography

        return open_material(self.folder, users, self.hosts)

    def untrusted(self) -> Material:
        """Read or create keys that no client trusts, for injected faults; raises MaterialError."""
        from simulator.security.keys import open_material  # noqa: PLC0415 - see above

        return open_material(self.folder / "impostor", (), self.hosts)


@dataclass(frozen=True, slots=True)
class Secured:
    """The authenticator and the STS of a simulation, and their keys."""

    authenticator: FederationAuthenticator
    sts: TokenService
    material: Material


def secure(
    security: Security, accounts: Mapping[str, Account], *, clock: Clock, store: Store, faults: Faults
) -> Secured:
    """Create the authenticator and the STS of a simulation, which share keys, users and clocks.

    Raises MaterialError when the folder of keys cannot be used.
    """
    from simulator.fault_injection.faults import TamperedTokens  # noqa: PLC0415 - see Security
    from simulator.security.header import CallerClocks  # noqa: PLC0415
    from simulator.security.sts import TokenService  # noqa: PLC0415

    tampered = TamperedTokens()
    material = security.material(accounts)
    clocks = CallerClocks(clock, security.settings.call.clock.value)
    authenticator = FederationAuthenticator(
        settings=security.settings,
        material=material,
        accounts=accounts,
        clocks=clocks,
        credential=CREDENTIALS[security.credential],
        tampered=tampered,
    )
    sts = TokenService(
        settings=security.settings,
        material=material,
        accounts=accounts,
        clocks=clocks,
        clock=clock,
        store=store,
        faults=faults,
        untrusted=security.untrusted,
        tampered=tampered,
    )
    return Secured(authenticator, sts, material)
