"""The tree of folders and files, and the format of its listings. Pure.

``/<channel>/<DIK|DSK>-v<major>-<minor>/`` has the folders Write, Read, ReadError and WriteEvent/WriteEventError
(documented by samples: VRAA, DIT integration instruction v1.09, 3.2.2, 4.2.2, 5.1.2). Write has a folder for each
authority. LIST is formatted as by ``ls -l``, MLSD by RFC 3659, NLST as bare names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.domain.provenance import Basis, Provenance
from simulator.ftps.refusals import FTPS_SECTION, FtpCode, refuse

if TYPE_CHECKING:
    from simulator.dit.directory import Directory
    from simulator.dit.model import Caller, ChannelVersion
    from simulator.dit.refusals import Refused
    from simulator.ftps.settings import FtpsSettings


_NAME = re.compile(r":CHA-(?P<name>.+?)-v\d+-\d+-TYPE-")
_AUTHORITY = re.compile(r"\d{6}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\\\ufffd]")


class Folder(StrEnum):
    """The kind of a folder."""

    ROOT = "root"
    CHANNEL = "channel"
    VERSION = "version"
    WRITE = "write"
    READ = "read"
    READ_ERROR = "read-error"
    WRITE_EVENT = "write-event"
    WRITE_EVENT_ERROR = "write-event-error"


MAIL = frozenset({Folder.READ, Folder.READ_ERROR})
"""Folders with the messages of the mailbox."""

LEAVES = MAIL | {Folder.WRITE, Folder.WRITE_EVENT_ERROR}
"""Folders that can hold files."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, or a file in it if ``file`` is set; ``receiver`` is the authority id of a folder below Write."""

    path: str
    folder: Folder
    version: ChannelVersion | None = None
    receiver: str | None = None
    file: str | None = None


def channel_name(version: ChannelVersion) -> str:
    """Return the name of a channel's folder: the name in its URN (inferred from the samples)."""
    match = _NAME.search(version.urn)
    return match["name"] if match is not None else version.urn.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Layout:
    """The tree for one caller, with the channel versions that it has rights on."""

    settings: FtpsSettings
    directory: Directory
    caller: Caller

    def place(self, cwd: str, path: str) -> Place:
        """Return the place of a path, relative to the folder ``cwd``.

        Raises Refused for an unknown path, and for a version on which the caller has no rights.
        """
        steps = _steps(cwd, path)
        where = "/" + "/".join(steps)
        if not steps:
            return Place("/", Folder.ROOT)
        versions = self._tree().get(steps[0])
        if versions is None:
            raise self._unknown(where, steps[0], self._tree())
        if len(steps) == 1:
            return Place(where, Folder.CHANNEL)
        version = versions.get(steps[1])
        if version is None:
            raise self._unknown(where, steps[1], versions)
        self.directory.require_version_access(self.caller, version)
        if steps[0] == self._older(version):
            return self._leaf(where, Folder.READ, version, steps[2:])
        return self._in_version(where, version, steps[2:])

    def folders(self, place: Place) -> tuple[str, ...]:
        """Return the names of the folders in a folder, in order."""
        own = self._own()
        names = self.settings.folders
        match place.folder:
            case Folder.ROOT:
                return tuple(
                    sorted(
                        {
                            *(channel_name(version) for version in own),
                            *(self._older(version) for version in own),
                        }
                    )
                )
            case Folder.CHANNEL:
                inside = self._tree()[place.path.strip("/")]
                return tuple(sorted(name for name, version in inside.items() if version in own))
            case Folder.VERSION:
                return (
                    names.read.value,
                    names.read_error.value,
                    names.write.value,
                    names.write_event.value,
                )
            case Folder.WRITE_EVENT:
                return (names.write_event_error.value,)
            case _:
                return ()

    def _in_version(self, where: str, version: ChannelVersion, steps: list[str]) -> Place:
        names = self.settings.folders
        if not steps:
            return Place(where, Folder.VERSION, version)
        if steps[0] == names.read.value:
            return self._leaf(where, Folder.READ, version, steps[1:])
        if steps[0] == names.read_error.value:
            return self._leaf(where, Folder.READ_ERROR, version, steps[1:])
        if steps[0] == names.write.value:
            if len(steps) > 1 and _AUTHORITY.fullmatch(steps[1]):
                self.directory.authority(steps[1])
                return self._leaf(where, Folder.WRITE, version, steps[2:], steps[1])
            return self._leaf(where, Folder.WRITE, version, steps[1:])
        if steps[0] == names.write_event.value:
            if len(steps) == 1:
                return Place(where, Folder.WRITE_EVENT, version)
            if steps[1] == names.write_event_error.value:
                return self._leaf(where, Folder.WRITE_EVENT_ERROR, version, steps[2:])
            raise self._unknown(where, steps[1], (names.write_event_error.value,))
        raise self._unknown(where, steps[0], self.folders(Place("", Folder.VERSION)))

    def _leaf(
        self, where: str, folder: Folder, version: ChannelVersion, steps: list[str], receiver: str | None = None
    ) -> Place:
        if len(steps) > 1:
            raise self._unknown(where, steps[0], ())
        return Place(where, folder, version, receiver, steps[0] if steps else None)

    def _tree(self) -> dict[str, dict[str, ChannelVersion]]:
        """Return all channel versions by their two folders, so that one without rights is refused for that reason."""
        tree: dict[str, dict[str, ChannelVersion]] = {}
        for version in self.directory.versions.values():
            number = f"v{version.major}-{version.minor}"
            tree.setdefault(channel_name(version), {})[f"{self._kind(version)}-{number}"] = version
            tree.setdefault(self._older(version), {})[number] = version
        return tree

    def _own(self) -> tuple[ChannelVersion, ...]:
        directory, own = self.directory, self.caller.authority
        return tuple(
            version
            for version in directory.versions.values()
            if directory.owner(version) == own or directory.subscribed(own, version)
        )

    def _kind(self, version: ChannelVersion) -> str:
        return self.directory.channels[version.channel].kind.upper()

    def _older(self, version: ChannelVersion) -> str:
        template = self.settings.folders.older_read.value
        return template.replace("{kind}", self._kind(version)).replace("{channel}", channel_name(version))

    def _unknown(self, where: str, step: str, known: object) -> Refused:
        names = sorted(known) if isinstance(known, dict | tuple) else []
        near = [name for name in names if name.casefold() == step.casefold()]
        hint = f"there is {near[0]}, and capital letters count" if near else f"there are {', '.join(names) or 'none'}"
        return refuse(
            550,
            FtpCode.UNKNOWN_PATH,
            f"there is no {where}",
            found=f"The path {where} has the step {step!r}, which is not there: {hint}.",
            expected="/<channel>/<DIK|DSK>-v<major>-<minor>/ and then Write, Read, ReadError or "
            "WriteEvent/WriteEventError.",
            source=FTPS_SECTION,
            remedy="take the folders from LIST, beginning at /.",
        )


def written_about(template: str, file: str) -> str | None:
    """Return the message id in the name of a reply's file; None when the name does not match the template."""
    pattern = "".join(_part(part) for part in re.split(r"(\{related\}|\{n\})", template))
    match = re.fullmatch(pattern, file)
    return match["related"] if match is not None else None


def message_of(template: str, file: str) -> str | None:
    """Return the message id in the name of a file in Read; None when the name does not match the template."""
    return written_about(template.replace("{message}", "{related}"), file)


def _part(text: str) -> str:
    if text == "{related}":
        return r"(?P<related>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"
    return "[^/]+?" if text == "{n}" else re.escape(text)


def _steps(cwd: str, path: str) -> list[str]:
    if _UNPRINTABLE.search(path):
        raise refuse(
            550,
            FtpCode.UNKNOWN_PATH,
            "a path has printable characters and / between its steps",
            found=f"The path {path!r} has a backslash, a control character or bytes that are no UTF-8.",
            expected="steps with / between them.",
            source=FTPS_SECTION,
            remedy="write the path as LIST shows it.",
        )
    steps: list[str] = []
    for part in (path if path.startswith("/") else f"{cwd}/{path}").split("/"):
        if part == "..":
            if not steps:
                raise _outside(path)
            steps.pop()
        elif part not in ("", "."):
            steps.append(part)
    return steps


def _outside(path: str) -> Refused:
    return refuse(
        550,
        FtpCode.UNKNOWN_PATH,
        "there is nothing above /",
        found=f"The path {path!r} leads out of the root folder by '..'.",
        expected="a path below /.",
        source=Provenance(Basis.ASSUMED, "a choice of this simulator"),
        remedy="leave the leading '..' out.",
    )


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a listing: a file of ``size`` bytes, or a folder (None); ``at`` is simulated time."""

    name: str
    at: datetime
    size: int | None = None


def long_lines(rows: Iterable[Row]) -> bytes:
    """Return the lines of LIST: months in English, as clients expect; times in UTC."""
    return _lines(
        f"{'drwxr-xr-x' if row.size is None else '-rw-r--r--'} 1 dit dit {row.size or 0:>12} {_when(row.at)} {row.name}"
        for row in rows
    )


def names(rows: Iterable[Row]) -> bytes:
    """Return the lines of NLST."""
    return _lines(row.name for row in rows)


def facts(rows: Iterable[Row]) -> bytes:
    """Return the lines of MLSD."""
    return _lines(fact(row) for row in rows)


def fact(row: Row) -> str:
    """Return the facts of one row for MLSD and MLST."""
    kind = "type=dir;perm=el;" if row.size is None else f"type=file;perm=rd;size={row.size};"
    return f"{kind}modify={stamp(row.at)}; {row.name}"


def stamp(at: datetime) -> str:
    """Return a time in the format of RFC 3659: UTC, YYYYMMDDHHMMSS."""
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def _when(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f"{_MONTHS[utc.month - 1]} {utc.day:>2}  {utc.year}"


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()
