"""Settings of ``retailer.toml``: the company, the driver of its system, and the run of the suite."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from simulator.domain.identifiers import registration_number_valid
from simulator.settings import Check, Text, expected, read

REFERENCE_OBJECT = "conformance.retailers.reference.driver:Driver"
SECURITY = ("off", "username", "certificate")
TRANSPORT = ("soap", "ftps")
DEFAULT_TIMEOUT = 60.0  # wall seconds
_LONGEST_TIMEOUT = 24 * 60 * 60.0  # wall seconds; more than a day is a typing mistake
_SHOWN_BY_INIT = "; `aldis init` writes a file that shows it"


class DriverKind(StrEnum):
    """Kinds of drivers that this version has."""

    COMMAND = "command"
    HTTP = "http"
    PYTHON = "python"
    MANUAL = "manual"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets of an IPv6 address that is none
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _names_a_class(name: str) -> bool:
    module, _, attribute = name.partition(":")
    return attribute.isidentifier() and all(part.isidentifier() for part in module.split("."))


_Command = Annotated[
    tuple[Text, ...],
    Check('a list of program and arguments, for example command = ["node", "driver.js"]', bool, {"minItems": 1}),
]
_Object = Annotated[
    str, Check('the class as "module:Class", for example object = "mybilling.aldis:Driver"', _names_a_class)
]
_Url = Annotated[
    str, Check('an address that takes POST, for example url = "http://127.0.0.1:9000/"', _is_address, {"format": "uri"})
]
_Seconds = Annotated[
    float,
    Check(
        f"a number of seconds above 0 and at most {_LONGEST_TIMEOUT:.0f} (a day)",
        lambda seconds: 0 < seconds <= _LONGEST_TIMEOUT,
        {"exclusiveMinimum": 0, "maximum": _LONGEST_TIMEOUT},
    ),
]
_SETTING_OF_KIND = {
    DriverKind.COMMAND: ("command", _Command),
    DriverKind.PYTHON: ("object", _Object),
    DriverKind.HTTP: ("url", _Url),
}


@dataclass(frozen=True, slots=True)
class DriverConfig:
    """The table ``[driver]``: ``command``, ``url`` or ``object`` goes with the kind; ``timeout`` is in wall seconds.

    ``parallel`` says that the system can be started several times side by side.
    """

    kind: DriverKind
    command: _Command = ()
    object: _Object | None = None
    url: _Url | None = None
    timeout: _Seconds = DEFAULT_TIMEOUT
    parallel: bool = False

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the settings that the kind needs and lacks, and those of other kinds."""
        for kind, (key, hint) in _SETTING_OF_KIND.items():
            given = bool(getattr(self, key))
            if given and kind is not self.kind:
                yield key, f'does not go with kind = "{self.kind}"; remove it or change kind'
            elif kind is self.kind and not given:
                yield key, f'is missing; kind = "{kind}" needs {expected(hint)}'


@dataclass(frozen=True, slots=True)
class _Company:
    """The table ``[retailer]``."""

    name: Annotated[str, Check('the company\'s name, for example "Paraugs Enerģija"', str.strip, {"minLength": 1})]
    registration_number: Annotated[
        str,
        Check("11 digits in quotation marks", re.compile("[0-9]{11}").fullmatch, {"pattern": "^[0-9]{11}$"}),
        Check(
            "a Latvian registration number: its check digit is wrong; compare it with the Enterprise Register (made-up "
            "numbers need a right check digit too, as 40009990008 has)",
            registration_number_valid,
        ),
    ]
    authority: Annotated[
        str,
        Check(
            "6 digits in quotation marks, the authority id that VRAA gave you for DIT",
            re.compile("[0-9]{6}").fullmatch,
            {"pattern": "^[0-9]{6}$"},
        ),
    ]


@dataclass(frozen=True, slots=True)
class _Run:
    """The table ``[run]``; paths count from the file's folder."""

    security: Literal["off", "username", "certificate"] = "off"
    keys: Text | None = None
    transport: Literal["soap", "ftps"] = "soap"
    profile: Text = "reconstruction"


@dataclass(frozen=True, slots=True)
class RetailerFile:
    """The tables of a retailer.toml."""

    retailer: Annotated[_Company, Check(f"a table headed [retailer]{_SHOWN_BY_INIT}")]
    driver: Annotated[DriverConfig, Check(f"a table headed [driver]{_SHOWN_BY_INIT}")]
    run: _Run = _Run()


@dataclass(frozen=True, slots=True)
class RetailerConfig:
    """A whole retailer.toml: its tables ``[retailer]``, ``[driver]`` and ``[run]``.

    ``registration_number`` has 11 digits, ``authority`` (the DIT authority id) 6. ``directory`` is the folder in which
    the driver runs and from which its paths count. ``security`` is off, username or certificate; ``keys`` is the folder
    in which the simulator's keys are kept from run to run (None: each run makes its own). ``transport``
    is soap or ftps. ``profile`` is a bundled profile's name or the path of one.
    """

    name: str
    registration_number: str
    authority: str
    driver: DriverConfig
    directory: Path
    security: str = "off"
    keys: Path | None = None
    transport: str = "soap"
    profile: str = "reconstruction"

    @property
    def switched_on(self) -> frozenset[str]:
        """Names of transport and security as requirements and scenarios state them in ``needs``."""
        if self.transport == "ftps" or self.security == "off":
            return frozenset({self.transport})  # folders take a password over TLS, and no tokens
        return frozenset({self.transport, "security"})

    @property
    def known_by(self) -> str:
        """Authentication of the retailer's calls: off, username or certificate; by FTPS always username."""
        return "username" if self.transport == "ftps" else self.security


def reference_config() -> RetailerConfig:
    """Return the settings of the bundled reference retailer, which is tested when no retailer.toml is given."""
    return RetailerConfig(
        name="Paraugs Enerģija",
        registration_number="40009990008",
        authority="100777",
        driver=DriverConfig(kind=DriverKind.PYTHON, object=REFERENCE_OBJECT),
        directory=Path(__file__).resolve().parents[2],  # where it is imported from anyway
    )


def load_retailer(path: str | Path) -> RetailerConfig:
    """Read and check a retailer.toml; raises SettingsError with every mistake in it."""
    path = Path(path)
    file = read(path, RetailerFile, if_missing="`aldis init` writes one to start from")
    directory = path.absolute().parent
    profile = file.run.profile
    return RetailerConfig(
        name=file.retailer.name,
        registration_number=file.retailer.registration_number,
        authority=file.retailer.authority,
        driver=file.driver,
        directory=directory,
        security=file.run.security,
        keys=None if file.run.keys is None else directory / file.run.keys,
        transport=file.run.transport,
        # A path counts from retailer.toml; a plain name is that of a bundled profile.
        profile=str(directory / profile) if profile.endswith(".toml") or "/" in profile else profile,
    )
