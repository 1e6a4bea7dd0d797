"""``retailer.toml``: who the retailer is, how its system is driven, and how it is to be tested."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from simulator.documents.identifiers import registration_number_valid

if TYPE_CHECKING:
    from collections.abc import Mapping

REFERENCE_OBJECT = "conformance.retailers.reference.driver:Driver"
SECURITY = ("off", "username", "certificate")
TRANSPORT = ("soap", "ftps")
DEFAULT_TIMEOUT = 60.0  # wall seconds
_LONGEST_TIMEOUT = 24 * 60 * 60.0  # wall seconds; more than a day is a slip of the pen

_KEYS: Mapping[str, tuple[str, ...]] = {
    "retailer": ("name", "registration_number", "authority"),
    "driver": ("kind", "command", "url", "object", "timeout"),
    "run": ("security", "keys", "transport", "profile"),
}
_KEY_OF_KIND = {"command": "command", "http": "url", "python": "object"}


class DriverKind(StrEnum):
    """The ways of driving a retailer that this version has."""

    COMMAND = "command"
    HTTP = "http"
    PYTHON = "python"
    MANUAL = "manual"


class ConfigError(Exception):
    """retailer.toml cannot be used: which file, which line or key, what was found and expected, what to do. Exit 2.

    ``line`` counts from 1 and is None when the key is not there at all; ``key`` reads ``[driver] timeout``.
    """

    def __init__(self, path: Path, message: str, *, line: int | None = None, key: str | None = None) -> None:
        self.path = path
        self.line = line
        self.key = key
        where = str(path) if line is None else f"{path}, line {line}"
        super().__init__(": ".join(part for part in (where, key, message) if part))


@dataclass(frozen=True, slots=True)
class DriverConfig:
    """The table ``[driver]``: ``command``, ``url`` or ``object`` goes with the kind; ``timeout`` is in wall seconds."""

    kind: DriverKind
    command: tuple[str, ...] = ()
    object: str | None = None
    url: str | None = None
    timeout: float = DEFAULT_TIMEOUT


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
        """What requirements and scenarios may need (their ``needs``) and this retailer's run has."""
        if self.transport == "ftps" or self.security == "off":
            return frozenset({self.transport})  # folders take a password over TLS, and no tokens
        return frozenset({self.transport, "security"})

    @property
    def known_by(self) -> str:
        """By what the retailer is known on the wire: off (not at all), username or certificate; by FTPS a password."""
        return "username" if self.transport == "ftps" else self.security


def reference_config() -> RetailerConfig:
    """The bundled reference retailer, which is tested when no retailer.toml is given."""
    return RetailerConfig(
        name="Paraugs Enerģija",
        registration_number="40009990008",
        authority="100777",
        driver=DriverConfig(kind=DriverKind.PYTHON, object=REFERENCE_OBJECT),
        directory=Path(__file__).resolve().parents[2],  # where it is imported from anyway
    )


def load_retailer(path: str | Path) -> RetailerConfig:
    """Read and check a retailer.toml; raises ConfigError at the first thing that is wrong."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(path, "there is no such file; `aldis init` writes one to start from") from None
    except UnicodeDecodeError as reason:
        raise ConfigError(path, f"not UTF-8 at byte {reason.start}; save the file as UTF-8") from reason
    except OSError as reason:
        raise ConfigError(path, f"cannot be read: {reason.strerror}") from reason
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as reason:
        raise ConfigError(path, f"not TOML: {reason}; see https://toml.io for the notation") from reason
    return _Reader(path, text, tables).config()


class _Reader:
    """Takes the tables apart, and knows where in the file each key stands."""

    def __init__(self, path: Path, text: str, tables: dict[str, Any]) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._tables = tables

    def config(self) -> RetailerConfig:
        self._refuse_unknown()
        name = self._text("retailer", "name", 'the company\'s name, for example "Paraugs Enerģija"')
        number = self._registration_number()
        authority = self._authority()
        driver = self._driver()
        run: dict[str, Any] = {key: self._run(key) for key in _KEYS["run"] if key in self._table("run", required=False)}
        return RetailerConfig(name, number, authority, driver, self._path.absolute().parent, **run)

    def _registration_number(self) -> str:
        number = self._text("retailer", "registration_number", "11 digits in quotation marks")
        if re.fullmatch(r"[0-9]{11}", number) is None:
            self._refuse("retailer", "registration_number", f"found {number!r}; expected 11 digits without spaces")
        if not registration_number_valid(number):
            self._refuse(
                "retailer",
                "registration_number",
                f"{number} is not a Latvian registration number: its check digit is wrong; compare it with the "
                "Enterprise Register (made-up numbers need a right check digit too, as 40009990008 has)",
            )
        return number

    def _authority(self) -> str:
        expected = "6 digits in quotation marks, the authority id that VRAA gave you for DIT"
        authority = self._text("retailer", "authority", expected)
        if re.fullmatch(r"[0-9]{6}", authority) is None:
            self._refuse("retailer", "authority", f"found {authority!r}; expected {expected}")
        return authority

    def _driver(self) -> DriverConfig:
        kind = self._kind()
        for key in _KEY_OF_KIND.values():
            if key in self._table("driver") and key != _KEY_OF_KIND.get(kind):
                self._refuse("driver", key, f'does not go with kind = "{kind}"; remove it or change kind')
        return DriverConfig(
            kind=kind,
            command=self._command() if kind is DriverKind.COMMAND else (),
            object=self._object() if kind is DriverKind.PYTHON else None,
            url=self._url() if kind is DriverKind.HTTP else None,
            timeout=self._timeout(),
        )

    def _kind(self) -> DriverKind:
        kinds = ", ".join(f'"{each}"' for each in DriverKind)
        kind = self._text("driver", "kind", f"how your system is driven: one of {kinds}")
        try:
            return DriverKind(kind)
        except ValueError:
            nearest = _nearest(kind, tuple(DriverKind))
            self._refuse("driver", "kind", f'found "{kind}"; expected one of {kinds}{nearest}')

    def _command(self) -> tuple[str, ...]:
        expected = 'a list of program and arguments, for example command = ["node", "driver.js"]'
        value = self._table("driver").get("command")
        if value is None:
            self._refuse("driver", "command", f'is missing; kind = "command" needs {expected}')
        if not isinstance(value, list) or not value or not all(isinstance(each, str) and each for each in value):
            self._refuse("driver", "command", f"found {value!r}; expected {expected}")
        return tuple(value)

    def _object(self) -> str:
        expected = 'the class as "module:Class", for example object = "mybilling.aldis:Driver"'
        value = self._text("driver", "object", expected)
        module, colon, name = value.partition(":")
        if not colon or not name.isidentifier() or not all(part.isidentifier() for part in module.split(".")):
            self._refuse("driver", "object", f"found {value!r}; expected {expected}")
        return value

    def _url(self) -> str:
        expected = 'an address that takes POST, for example url = "http://127.0.0.1:9000/"'
        value = self._text("driver", "url", expected)
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            self._refuse("driver", "url", f"found {value!r}; expected {expected}")
        return value

    def _timeout(self) -> float:
        value = self._table("driver").get("timeout", DEFAULT_TIMEOUT)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self._refuse("driver", "timeout", f"found {value!r}; expected a number of seconds above 0")
        if not 0 < value <= _LONGEST_TIMEOUT:
            longest = f"at most {_LONGEST_TIMEOUT:.0f} (a day)"
            self._refuse("driver", "timeout", f"found {value!r}; expected a number of seconds above 0 and {longest}")
        return float(value)

    def _run(self, key: str) -> str | Path:
        value = self._text("run", key, "a text in quotation marks")
        if key == "security":
            return self._one_of(key, value, SECURITY)
        if key == "keys":
            return self._path.absolute().parent / value
        if key == "transport":
            return self._one_of(key, value, TRANSPORT)
        return self._profile(value)

    def _one_of(self, key: str, value: str, known: tuple[str, ...]) -> str:
        if value not in known:
            expected = ", ".join(f'"{each}"' for each in known)
            self._refuse("run", key, f'found "{value}"; expected one of {expected}{_nearest(value, known)}')
        return value

    def _profile(self, value: str) -> str:
        # A path counts from retailer.toml, a plain name is one of the bundled profiles.
        if value.endswith(".toml") or "/" in value:
            return str(self._path.absolute().parent / value)
        return value

    def _table(self, name: str, *, required: bool = True) -> dict[str, Any]:
        table = self._tables.get(name, {})
        if not isinstance(table, dict):
            self._refuse(None, name, f"expected a table headed [{name}]")
        if required and name not in self._tables:
            raise ConfigError(self._path, "is missing; `aldis init` writes a file that shows it", key=f"[{name}]")
        return table

    def _text(self, table: str, key: str, expected: str) -> str:
        value = self._table(table).get(key)
        if value is None:
            self._refuse(table, key, f"is missing; expected {expected}")
        if not isinstance(value, str):
            self._refuse(table, key, f"found {value!r}; expected {expected}")
        if not value.strip():
            self._refuse(table, key, f"is empty; expected {expected}")
        return value

    def _refuse_unknown(self) -> None:
        for name in self._tables:
            if name not in _KEYS:
                known = f"known are [retailer], [driver] and [run]{_nearest(name, tuple(_KEYS))}"
                self._refuse(None, name, f"unknown table or key; {known}")
        for name, keys in _KEYS.items():
            for key in self._table(name, required=False):
                if key not in keys:
                    self._refuse(name, key, f"unknown key; [{name}] knows {', '.join(keys)}{_nearest(key, keys)}")

    def _refuse(self, table: str | None, key: str, message: str) -> NoReturn:
        shown = f"[{table}] {key}" if table else key
        raise ConfigError(self._path, message, line=self._line_of(table, key), key=shown)

    def _line_of(self, table: str | None, key: str) -> int | None:
        """The line where a key stands, or the table's own header; tomllib does not tell."""
        current: str | None = None
        for number, line in enumerate(self._lines, start=1):
            header = re.match(r"\s*\[+\s*([^\[\]]+?)\s*\]+", line)
            if header:
                current = header[1].strip("\"'")
                if table is None and current.split(".")[0] == key:
                    return number
            elif current == table and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
                return number
        return None


def _nearest(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""
