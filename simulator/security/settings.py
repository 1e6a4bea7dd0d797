"""What is set of the security: read from ``schemas/dit/security.toml``, overlaid by a file of the user's."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from simulator.documents.locations import data_root
from simulator.documents.model import Basis, Provenance
from simulator.documents.profile_model import Known

T = TypeVar("T")

_LABELS = ("basis", "source")
_FREE = "claims.values"
"""The one table whose keys are the user's."""


class SettingsError(Exception):
    """A settings file cannot be used; says which, where, why and what was expected."""


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
    reader = _Reader(_flat(_parsed(bundled), bundled))
    if path is not None:
        reader.overlay(_flat(_parsed(path), path))
    return reader.settings()


@dataclass(frozen=True, slots=True)
class _Value:
    found: Any
    provenance: Provenance
    file: Path


class _Reader:
    def __init__(self, values: dict[str, _Value]) -> None:
        self._values = values

    def overlay(self, values: dict[str, _Value]) -> None:
        for name, value in values.items():
            if name not in self._values and not name.startswith(f"{_FREE}:"):
                known = ", ".join(each for each in self._values if not each.startswith(f"{_FREE}:"))
                raise SettingsError(f"{value.file}: {name} is not a setting; there are {known}")
        self._values |= values

    def settings(self) -> Settings:
        return Settings(
            sts=StsSettings(
                issuer=self._text("sts.issuer"),
                applies_to=self._texts("sts.applies_to"),
                token_type=self._choice("sts.token_type", ("2.0", "1.1")),
                lifetime_seconds=self._count("sts.lifetime_seconds", least=1),
                maximum_lifetime_seconds=self._count("sts.maximum_lifetime_seconds", least=1),
                encrypt=self._switch("sts.encrypt"),
                signature_digest=self._choice("sts.signature_digest", ("sha256", "sha1")),
            ),
            claims=ClaimSettings(
                required=self._texts("claims.required"),
                issue_all=self._switch("claims.issue_all"),
                values={
                    name.partition(":")[2]: self._template(name)
                    for name in self._values
                    if name.startswith(f"{_FREE}:")
                },
            ),
            call=CallSettings(
                clock=self._choice("call.clock", ("auto", "simulated", "machine")),
                skew_seconds=self._count("call.skew_seconds"),
                timestamp_seconds=self._count("call.timestamp_seconds", least=1),
                refuse_replays=self._switch("call.refuse_replays"),
                plain=self._switch("call.plain"),
                signature_algorithms=self._texts("call.signature_algorithms"),
                digest_algorithms=self._texts("call.digest_algorithms"),
            ),
            policy=PolicySettings(
                algorithm_suite=self._text("policy.algorithm_suite"),
                key_type=self._choice("policy.key_type", ("SymmetricKey", "PublicKey", "Bearer")),
            ),
            faults=FaultSettings(
                text=self._text("faults.text"), authentication_text=self._text("faults.authentication_text")
            ),
        )

    def _text(self, name: str) -> Known[str]:
        return self._known(name, lambda found: isinstance(found, str) and found != "", "a text")

    def _template(self, name: str) -> Known[str]:
        def sound(found: object) -> bool:
            try:
                return isinstance(found, str) and bool(found.format(user="u", authority="a", organisation="o"))
            except (KeyError, IndexError, ValueError):
                return False

        return self._known(name, sound, "a text in which only {user}, {authority} and {organisation} are in braces")

    def _choice(self, name: str, allowed: Iterable[str]) -> Known[str]:
        among = tuple(allowed)
        return self._known(name, lambda found: found in among, f"one of {', '.join(among)}")

    def _switch(self, name: str) -> Known[bool]:
        return self._known(name, lambda found: isinstance(found, bool), "true or false")

    def _count(self, name: str, *, least: int = 0) -> Known[int]:
        def sound(found: object) -> bool:
            return isinstance(found, int) and not isinstance(found, bool) and found >= least

        return self._known(name, sound, f"a whole number from {least}")

    def _texts(self, name: str) -> Known[tuple[str, ...]]:
        def sound(found: object) -> bool:
            return isinstance(found, list) and bool(found) and all(isinstance(each, str) and each for each in found)

        known: Known[list[str]] = self._known(name, sound, "a list of one or more texts")
        return Known(tuple(known.value), known.provenance)

    def _known(self, name: str, sound: Callable[[Any], bool], expected: str) -> Known[Any]:
        value = self._values[name]
        if not sound(value.found):
            raise SettingsError(f"{value.file}: {name} is {value.found!r}; expected {expected}")
        return Known(value.found, value.provenance)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as reason:
        raise SettingsError(f"{path} cannot be read: {reason.strerror or reason}") from reason
    except ValueError as reason:
        raise SettingsError(f"{path} is not TOML in UTF-8: {reason}") from reason


def _flat(tables: Mapping[str, Any], file: Path) -> dict[str, _Value]:
    """Values by their dotted name; what a user's file does not say of its values is assumed, by that file."""
    found: dict[str, _Value] = {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsError(f"{file}: {name} stands outside of a table; put it below [sts], [claims], [call], ...")
        _flatten(name, table, file, found)
    return found


def _flatten(prefix: str, table: Mapping[str, Any], file: Path, found: dict[str, _Value]) -> None:
    provenance = _provenance(prefix, table, file)
    for key, value in table.items():
        if key in _LABELS:
            continue
        name = f"{prefix}:{key}" if prefix == _FREE else f"{prefix}.{key}"
        if isinstance(value, dict) and "value" in value:
            found[name] = _Value(value["value"], _provenance(name, value, file, provenance), file)
        elif isinstance(value, dict):
            _flatten(name, value, file, found)
        else:
            found[name] = _Value(value, provenance, file)


def _provenance(name: str, table: Mapping[str, Any], file: Path, default: Provenance | None = None) -> Provenance:
    before = default or Provenance(Basis.ASSUMED, f"set in {file.name}")
    try:
        basis = Basis(table.get("basis", before.basis))
    except ValueError:
        raise SettingsError(f"{file}: the basis of {name} is none of {', '.join(Basis)}") from None
    return Provenance(basis, str(table.get("source", before.source)))
