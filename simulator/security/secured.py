"""The security of one simulation: the authenticator and the STS, which share keys, users and clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.clock import Clock
from simulator.faults import Faults
from simulator.security.accounts import Account
from simulator.security.policies import CERTIFICATE, USERNAME
from simulator.security.settings import Settings
from simulator.store import Store

if TYPE_CHECKING:
    from simulator.security.gate import FederationAuthenticator
    from simulator.security.material import Material
    from simulator.security.sts import TokenService

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
        from simulator.security.material import open_material  # noqa: PLC0415 - loads cryptography

        return open_material(self.folder, users, self.hosts)

    def impostor(self) -> Material:
        """Keys of somebody whom nobody has reason to trust, for misbehaviour on purpose; raises MaterialError."""
        from simulator.security.material import open_material  # noqa: PLC0415 - see above

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
    from simulator.security.doctored import TamperedTokens  # noqa: PLC0415 - see Security
    from simulator.security.gate import FederationAuthenticator  # noqa: PLC0415
    from simulator.security.moments import Moments  # noqa: PLC0415
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
