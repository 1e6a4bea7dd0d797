"""Settings of the security: ``schemas/dit/security.toml``, which a user's file can override."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from simulator.domain.provenance import Sourced
from simulator.settings import Check, Text, read
from simulator.settings.files import data_root


def _is_claim(template: str) -> bool:
    try:
        return bool(template.format(user="u", authority="a", organisation="o"))
    except (KeyError, IndexError, ValueError, AttributeError, TypeError):
        return False


Texts = Annotated[tuple[Text, ...], Check("a list of one or more texts", bool, {"minItems": 1})]
Seconds = Annotated[int, Check("a whole number from 0", lambda seconds: seconds >= 0, {"minimum": 0})]
SomeSeconds = Annotated[int, Check("a whole number from 1", lambda seconds: seconds >= 1, {"minimum": 1})]
Claim = Annotated[str, Check("a text in which only {user}, {authority} and {organisation} are in braces", _is_claim)]


@dataclass(frozen=True, slots=True)
class StsSettings:
    """Settings of the token service; times in seconds of the caller's clock."""

    issuer: Sourced[Text]
    applies_to: Sourced[Texts]
    token_type: Sourced[Literal["2.0", "1.1"]]
    lifetime_seconds: Sourced[SomeSeconds]
    maximum_lifetime_seconds: Sourced[SomeSeconds]
    encrypt: Sourced[bool]
    signature_digest: Sourced[Literal["sha256", "sha1"]]


@dataclass(frozen=True, slots=True)
class ClaimSettings:
    """The claims that DIT requires, and a template for the value of each known claim (``values``)."""

    required: Sourced[Texts]
    issue_all: Sourced[bool]
    values: Mapping[str, Sourced[Claim]]


@dataclass(frozen=True, slots=True)
class CallSettings:
    """Settings of the checks of a call; times in seconds of the caller's clock."""

    clock: Sourced[Literal["auto", "simulated", "machine"]]
    skew_seconds: Sourced[Seconds]
    timestamp_seconds: Sourced[SomeSeconds]
    refuse_replays: Sourced[bool]
    plain: Sourced[bool]
    signature_algorithms: Sourced[Texts]
    digest_algorithms: Sourced[Texts]


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """The requirements in the policies of the WSDLs."""

    algorithm_suite: Sourced[Text]
    key_type: Sourced[Literal["SymmetricKey", "PublicKey", "Bearer"]]


@dataclass(frozen=True, slots=True)
class FaultSettings:
    """The texts of the opaque faults, which are all that a refused caller sees."""

    text: Sourced[Text]
    authentication_text: Sourced[Text]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the security."""

    sts: StsSettings
    claims: ClaimSettings
    call: CallSettings
    policy: PolicySettings
    faults: FaultSettings

    def with_lifetime(self, seconds: int) -> Settings:
        """Return a copy in which tokens are valid for ``seconds``."""
        lifetime = replace(self.sts.lifetime_seconds, value=seconds)
        return replace(self, sts=replace(self.sts, lifetime_seconds=lifetime, maximum_lifetime_seconds=lifetime))


def load_settings(path: Path | None = None) -> Settings:
    """Read the bundled settings, overridden by those of a user's file; raises SettingsError when it is invalid."""
    bundled = data_root("schemas") / "dit" / "security.toml"
    return read(bundled, Settings) if path is None else read(path, Settings, over=bundled)
