"""What is set of the security: read from ``schemas/dit/security.toml``, overlaid by a file of the user's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from simulator.documents.locations import data_root
from simulator.documents.profile_model import Known
from simulator.documents.settings_file import SettingsReader

_FREE = "claims.values"
"""The one table whose keys are the user's."""


@dataclass(frozen=True, slots=True)
class StsSettings:
    """The token service; times in seconds of the clock that a caller lives by."""

    issuer: Known[str]
    applies_to: Known[tuple[str, ...]]
    token_type: Known[str]
    lifetime_seconds: Known[int]
    maximum_lifetime_seconds: Known[int]
    encrypt: Known[bool]
    signature_digest: Known[str]


@dataclass(frozen=True, slots=True)
class ClaimSettings:
    """Claims: which DIT requires, what each says."""

    required: Known[tuple[str, ...]]
    issue_all: Known[bool]
    values: Mapping[str, Known[str]]


@dataclass(frozen=True, slots=True)
class CallSettings:
    """What is checked of a call; times in seconds."""

    clock: Known[str]
    skew_seconds: Known[int]
    timestamp_seconds: Known[int]
    refuse_replays: Known[bool]
    plain: Known[bool]
    signature_algorithms: Known[tuple[str, ...]]
    digest_algorithms: Known[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """What the WSDLs' policies ask for."""

    algorithm_suite: Known[str]
    key_type: Known[str]


@dataclass(frozen=True, slots=True)
class FaultSettings:
    """The only words that a refused caller sees."""

    text: Known[str]
    authentication_text: Known[str]


@dataclass(frozen=True, slots=True)
class Settings:
    """All that is set of the security."""

    sts: StsSettings
    claims: ClaimSettings
    call: CallSettings
    policy: PolicySettings
    faults: FaultSettings

    def with_lifetime(self, seconds: int) -> Settings:
        """The same but for how long tokens hold, in seconds."""
        known = replace(self.sts.lifetime_seconds, value=seconds)
        return replace(self, sts=replace(self.sts, lifetime_seconds=known, maximum_lifetime_seconds=known))


def load_settings(path: Path | None = None) -> Settings:
    """The bundled settings, with those of a user's file in their place; raises SettingsError when it cannot be used."""
    bundled = data_root("schemas") / "dit" / "security.toml"
    return _Reader(bundled, path, free=_FREE).settings()


class _Reader(SettingsReader):
    def settings(self) -> Settings:
        return Settings(
            sts=StsSettings(
                issuer=self.text("sts.issuer"),
                applies_to=self.texts("sts.applies_to"),
                token_type=self.choice("sts.token_type", ("2.0", "1.1")),
                lifetime_seconds=self.count("sts.lifetime_seconds", least=1),
                maximum_lifetime_seconds=self.count("sts.maximum_lifetime_seconds", least=1),
                encrypt=self.switch("sts.encrypt"),
                signature_digest=self.choice("sts.signature_digest", ("sha256", "sha1")),
            ),
            claims=ClaimSettings(
                required=self.texts("claims.required"),
                issue_all=self.switch("claims.issue_all"),
                values={
                    name.partition(":")[2]: self._template(name) for name in self.values if name.startswith(f"{_FREE}:")
                },
            ),
            call=CallSettings(
                clock=self.choice("call.clock", ("auto", "simulated", "machine")),
                skew_seconds=self.count("call.skew_seconds"),
                timestamp_seconds=self.count("call.timestamp_seconds", least=1),
                refuse_replays=self.switch("call.refuse_replays"),
                plain=self.switch("call.plain"),
                signature_algorithms=self.texts("call.signature_algorithms"),
                digest_algorithms=self.texts("call.digest_algorithms"),
            ),
            policy=PolicySettings(
                algorithm_suite=self.text("policy.algorithm_suite"),
                key_type=self.choice("policy.key_type", ("SymmetricKey", "PublicKey", "Bearer")),
            ),
            faults=FaultSettings(
                text=self.text("faults.text"), authentication_text=self.text("faults.authentication_text")
            ),
        )

    def _template(self, name: str) -> Known[str]:
        def sound(found: object) -> bool:
            try:
                return isinstance(found, str) and bool(found.format(user="u", authority="a", organisation="o"))
            except (KeyError, IndexError, ValueError):
                return False

        return self.known(name, sound, "a text in which only {user}, {authority} and {organisation} are in braces")
