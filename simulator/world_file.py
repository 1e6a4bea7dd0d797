"""Reads a world from its TOML file and refuses one that contradicts itself or could mean a living person."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from simulator.documents.access import ChannelRight, Environment
from simulator.documents.identifiers import eic_valid, is_synthetic_personal_code, registration_number_valid
from simulator.documents.locations import data_root
from simulator.documents.model import Category, ChannelName
from simulator.world import (
    Arrears,
    Authority,
    Claim,
    CodeChange,
    Contract,
    Family,
    Resident,
    Retailer,
    Right,
    Spell,
    Ward,
    World,
    WorldError,
)
from simulator.world_contradictions import COUNTED, Facts, refuse_contradictions
from simulator.world_table import Table, header_lines, place_of

_SOURCES = ("person", "municipality")  # the third side, the retailer, speaks through its documents (documented)
_PLACE_IN_TOML = re.compile(r"\s*\(at line (\d+), column \d+\)")
_Shape = TypeVar("_Shape")


def world_path(name_or_path: str | Path) -> Path:
    """The file of a world; raises WorldError when there is none, with the names that there are."""
    text = str(name_or_path)
    worlds = data_root("fixtures") / "worlds"
    if re.fullmatch(r"[A-Za-z0-9_-]+", text) is not None and not Path(text).is_file():
        path = worlds / f"{text}.toml"
        if not path.is_file():
            names = ", ".join(sorted(each.stem for each in worlds.glob("*.toml"))) or "none"
            raise WorldError(
                text,
                "",
                f"there is no world of this name; there are: {names}. A file of your own needs .toml; "
                "made:1000 makes one of 1000 residents",
            )
        return path
    return Path(text)


def read_world(path: Path) -> World:
    """The world in a file; raises WorldError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as reason:
        detail = reason.strerror if isinstance(reason, OSError) else "it is not UTF-8 text"
        raise WorldError(path, "", f"the file cannot be read: {detail}") from None
    lines = header_lines(text)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as reason:
        raise _not_toml(path, str(reason), lines) from None
    return _world(Table(str(path), "", values), lines)


def _not_toml(path: Path, message: str, lines: Mapping[str, list[int]]) -> WorldError:
    match = _PLACE_IN_TOML.search(message)
    place = ""
    if match is not None:
        line = int(match[1])
        place = f"line {line}"
        before = [(n, name) for name, starts in lines.items() for n in starts if n <= line]
        if before:
            _, name = max(before)
            place = place_of(name, sum(start <= line for start in lines[name]), line)
    reason = _PLACE_IN_TOML.sub("", message)
    hint = "; is this day in the calendar?" if "date" in reason.lower() else ""
    return WorldError(path, place, f"this is not TOML: {reason}{hint}")


def _world(top: Table, lines: Mapping[str, list[int]]) -> World:
    bvkb = _bvkb(top, lines)
    retailers = _all(top.tables("retailers", lines), _retailer)
    residents = _all(top.tables("residents", lines), _resident)
    facts = Facts(
        retailers=retailers,
        residents=residents,
        spells=_all(top.tables("spells", lines), _spell),
        families=_all(top.tables("families", lines), _family),
        wards=_all(top.tables("wards", lines), _ward),
        arrears=_all(top.tables("arrears", lines), _arrears),
        claims=_all(top.tables("claims", lines), _claim),
        contracts=_all(top.tables("contracts", lines), _contract),
        rights=_all(top.tables("rights", lines), _right),
    )
    world = World(
        name=top.text("name"),
        start=top.day("start"),
        bvkb=bvkb,
        retailers=_values(retailers),
        residents=_values(residents),
        spells=_values(facts.spells),
        arrears=_values(facts.arrears),
        claims=_values(facts.claims),
        families=_values(facts.families),
        wards=_values(facts.wards),
        contracts=_values(facts.contracts),
        rights=_values(facts.rights),
        description=top.text("description", default="no description"),
    )
    top.done()
    if not retailers:
        raise top.fail("there is no retailer; add a table headed [[retailers]]")
    _retailers_differ(retailers, bvkb)
    refuse_contradictions(facts)
    return world


def _values(read: list[tuple[Table, _Shape]]) -> tuple[_Shape, ...]:
    return tuple(value for _, value in read)


def _all(tables: Iterable[Table], read: Callable[[Table], _Shape]) -> list[tuple[Table, _Shape]]:
    found = []
    for table in tables:
        found.append((table, read(table)))
        table.done()
    return found


def _bvkb(top: Table, lines: Mapping[str, list[int]]) -> Authority:
    value = top.values.get("bvkb")
    if not isinstance(value, dict):
        raise top.fail("the table [bvkb] with id and name is missing")
    top.consider("bvkb")
    found = lines.get("bvkb")
    table = Table(top.file, f"bvkb (line {found[0]})" if found else "bvkb", value)
    bvkb = Authority(id=_authority(table, "id"), name=table.text("name"))
    table.done()
    return bvkb


def _retailer(table: Table) -> Retailer:
    number = table.text("registration_number", pattern=r"\d{11}", expected="11 digits")
    if not registration_number_valid(number):
        raise table.fail(
            f'registration_number = "{number}" has a wrong check digit (register of enterprises: the sum of digit '
            "times weight 9,1,4,8,3,10,2,5,7,6,1 leaves 3 when divided by 11)"
        )
    return Retailer(
        name=table.text("name"),
        registration_number=number,
        authority=_authority(table, "authority"),
        user=table.text("user"),
        # Minor 0 is BVKB's own version, which carries the national list (assumed).
        discount_minor=table.number("discount_minor", least=1),
        access_opened=table.day_or_none("access_opened"),
    )


def _authority(table: Table, key: str) -> str:
    return table.text(key, pattern=r"\d{6}", expected="a DIT authority id of 6 digits in quotes")


def _resident(table: Table) -> Resident:
    return Resident(
        code=_code(table, "code"),
        given_name=table.text("given_name"),
        surname=table.text("surname"),
        address=table.text("address"),
        code_changes=tuple(each for _, each in _all(table.children("code_changes"), _code_change)),
    )


def _code_change(table: Table) -> CodeChange:
    return CodeChange(earlier=_code(table, "earlier"), on=table.day("on"))


def _code(table: Table, key: str) -> str:
    code = table.text(key, pattern=r"\d{6}-?\d{5}", expected="a personal code, for example 010180-00012")
    if is_synthetic_personal_code(code):
        return code
    plain = code.replace("-", "")
    if plain[6] == "0" and int(plain[:2]) < 32:
        raise table.fail(f'{key} = "{code}" is no personal code: its date or its check digit (the last one) is wrong')
    raise table.fail(
        f'{key} = "{code}" could be the code of a living person; a made-up one has 0 as its seventh digit '
        "(born 18xx, for example 010180-00012) or is from the block 329990-00000 to 329999-99999"
    )


def _spell(table: Table) -> Spell:
    name = table.text("category")
    if name not in set(Category):
        raise table.fail(f'category = "{name}" is unknown; known are: {", ".join(Category)}')
    category = Category(name)
    start, end = table.days()
    count = table.number("count", default=1, least=1)
    if count > 1 and category not in COUNTED:
        raise table.fail(f"count = {count}: only {' and '.join(COUNTED)} count children or wards")
    return Spell(
        person=table.text("person"),
        category=category,
        valid_from=start,
        valid_to=end,
        count=count,
        known_from=table.day_or_none("known_from"),
    )


def _family(table: Table) -> Family:
    start, end = table.days()
    return Family(
        beneficiary=table.text("beneficiary"),
        members=table.texts("members"),
        valid_from=start,
        valid_to=end,
        known_from=table.day_or_none("known_from"),
    )


def _ward(table: Table) -> Ward:
    start, end = table.days()
    return Ward(
        person=table.text("person"),
        guardian=table.text("guardian"),
        valid_from=start,
        valid_to=end,
        known_from=table.day_or_none("known_from"),
    )


def _contract(table: Table) -> Contract:
    start, end = table.days()
    metering_point = table.text("metering_point")
    if not eic_valid(metering_point):
        raise table.fail(
            f'metering_point = "{metering_point}" is no EIC: 16 characters of 0-9, A-Z and the hyphen, the last one '
            "the check character (ENTSO-E), for example 43Z-STO00000001Y"
        )
    return Contract(
        provider=table.text("provider"),
        number=table.text("number"),
        holder=table.text("holder"),
        metering_point=metering_point,
        valid_from=start,
        valid_to=end,
        sub_users=table.texts("sub_users"),
    )


def _arrears(table: Table) -> Arrears:
    start, end = table.days()
    return Arrears(person=table.text("person"), valid_from=start, valid_to=end)


def _claim(table: Table) -> Claim:
    source = table.text("source", default="person")
    if source not in _SOURCES:
        raise table.fail(f'source = "{source}" is unknown; known are: {", ".join(_SOURCES)}')
    return Claim(
        person=table.text("person"), provider=table.text("provider"), contract=table.text("contract"), source=source
    )


def _right(table: Table) -> Right:
    opened, closed = table.day("opened"), table.day_or_none("closed")
    if closed is not None and closed <= opened:
        raise table.fail(f"closed = {closed}, the first day without the right, must come after opened = {opened}")
    return Right(
        user=table.text("user"),
        environment=Environment(_word(table, "environment", tuple(Environment))),
        opened=opened,
        closed=closed,
        channel=ChannelName(_word(table, "channel", tuple(ChannelName))) if table.has("channel") else None,
        right=ChannelRight(_word(table, "right", tuple(ChannelRight))) if table.has("right") else None,
    )


def _word(table: Table, key: str, known: tuple[str, ...]) -> str:
    word = table.text(key)
    if word not in known:
        raise table.fail(f'{key} = "{word}" is unknown; known are: {", ".join(known)}')
    return word


def _retailers_differ(retailers: list[tuple[Table, Retailer]], bvkb: Authority) -> None:
    for key in ("registration_number", "authority", "user", "discount_minor"):
        taken: dict[object, str] = {bvkb.id: "bvkb"} if key == "authority" else {}
        for table, retailer in retailers:
            value = getattr(retailer, key)
            if value in taken:
                raise table.fail(f"{key} = {value} is already that of {taken[value]}; each needs its own")
            taken[value] = table.place
