"""Sphinx extension that fills in the parts of the documentation that come from code and data.

A page marks the place with a line ``<!-- generated: NAME -->``, NAME being a key of ``PARTS``. ``expand`` replaces each
such line; Sphinx calls it for every page that it reads, and the tests of the links call it too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from conformance.run.tracing import RuleLocation

ROOT = Path(__file__).parents[2]
_MARK = re.compile(r"^<!-- generated: ([\w-]+) -->$", re.MULTILINE)
_SETTINGS = {
    "profile": ROOT / "schemas" / "profiles" / "reconstruction.toml",
    "security": ROOT / "schemas" / "dit" / "security.toml",
    "ftps": ROOT / "schemas" / "dit" / "ftps.toml",
}
_BINDINGS = ("namespaces", "records", "header")  # where elements stand in the XML: no settings to look up
_LABELS = ("basis", "source")


def expand(text: str) -> str:
    """Replace each mark of a page by the Markdown that it names. Raises KeyError for a name that is not known."""
    return _MARK.sub(lambda mark: PARTS[mark[1]](), text)


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""

    def fill_in(_app: Sphinx, _page: str, source: list[str]) -> None:
        source[0] = expand(source[0])

    app.connect("source-read", fill_in)
    return {"parallel_read_safe": True}


# ---- commands ------------------------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by the words that call it, such as ``aldis schemas adopt``; groups themselves are left out."""
    import importlib

    from conformance.commands import COMMANDS

    for name in COMMANDS:
        command = importlib.import_module(f"conformance.commands.{name}").command
        if isinstance(command, click.Group):
            for part, below in command.commands.items():
                yield f"aldis {name} {part}", below
        else:
            yield f"aldis {name}", command


def _commands() -> str:
    return "\n".join(_command(words, command) for words, command in commands())


def _command(words: str, command: click.Command) -> str:
    context = click.Context(command, info_name=words)
    usage = " ".join([words, *command.collect_usage_pieces(context)])
    options = [param for param in command.get_params(context) if isinstance(param, click.Option) and not param.hidden]
    rows = [
        (
            ", ".join(f"`{name}`" for name in option.opts),
            "" if option.is_flag else f"`{_cell(option.make_metavar(context))}`",
            _cell(option.help or "Show this message and exit."),
            _default(option),
        )
        for option in options
    ]
    text = _prose(command.help or "")
    return f"## {words}\n\n```text\n{usage}\n```\n\n{text}\n\n" + _table(("option", "takes", "", "default"), rows)


def _default(option: click.Option) -> str:
    shown = option.default if isinstance(option.default, str | int | float) and not option.is_flag else None
    return "required" if option.required else "" if shown is None else f"`{shown}`"


# ---- settings ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of a settings file: its dotted name, what stands there, how it is known and from where."""

    name: str
    value: object
    basis: str
    source: str


def settings(file: Path) -> Iterator[Setting]:
    """Every value of a settings file; basis and source are inherited from the table that a value stands in."""
    yield from _settings_below("", tomllib.loads(file.read_text(encoding="utf-8")), {"basis": "assumed", "source": ""})


def _settings_below(prefix: str, table: Mapping[str, Any], inherited: Mapping[str, str]) -> Iterator[Setting]:
    labels = {label: table.get(label, inherited[label]) for label in _LABELS}
    for key, value in table.items():
        name = f"{prefix}{key}"
        if key in _LABELS or key in _BINDINGS:
            continue
        if isinstance(value, dict) and "value" in value:
            own = {label: value.get(label, labels[label]) for label in _LABELS}
            yield Setting(name, value["value"], own["basis"], own["source"])
        elif isinstance(value, dict):
            yield from _settings_below(f"{name}.", value, labels)
        elif not (isinstance(value, list) and value and isinstance(value[0], dict)):
            yield Setting(name, value, labels["basis"], labels["source"])


def _settings(name: str) -> Callable[[], str]:
    def part() -> str:
        rows = [
            (f"`{setting.name}`", _value(setting.value), setting.basis, _cell(setting.source))
            for setting in settings(_SETTINGS[name])
            if not (name == "profile" and _is_binding(setting))
        ]
        return _table(("setting", "value", "basis", "source"), rows)

    return part


def _is_binding(setting: Setting) -> bool:
    return setting.name.startswith(("national.", "errors.")) and setting.name.split(".")[-1] != "schema_urn"


def _value(value: object) -> str:
    if isinstance(value, list):
        return " ".join(_value(part) for part in value)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if value != "" else ""


def _rates() -> str:
    profile = tomllib.loads(_SETTINGS["profile"].read_text(encoding="utf-8"))
    rows = [
        (
            f"`{rate['category']}`",
            f"{rate['valid_from']} to {rate.get('valid_to', 'today')}",
            rate["amount"] + (" for each child or ward" if rate["per_count"] else ""),
            rate["basis"],
            _cell(rate["source"]),
        )
        for rate in profile["rates"]
    ]
    return _table(("category", "months of consumption", "EUR a month", "basis", "source"), rows)


# ---- requirements --------------------------------------------------------------------------------------------------


def _requirements() -> str:
    from conformance.requirements.catalogue import CHAPTERS, load
    from conformance.run.tracing import trace

    chapter_titles = _chapter_titles()
    lines = []
    for chapter in CHAPTERS:
        lines += [f"## {chapter}: {chapter_titles[chapter]}", ""]
        for requirement in load():
            if requirement.chapter != chapter:
                continue
            links = trace(requirement.id)
            lines += [
                f"### {requirement.id}",
                "",
                requirement.text_en,
                "",
                f"- *Level and basis*: {requirement.level.value}, {requirement.provenance.basis.value}",
                f"- *Source*: {_cell(requirement.provenance.source)}",
                f"- *What to do*: {requirement.remedy_en}",
                f"- *Rule*: {_how_judged(requirement.untested, links.rule)}",
            ]
            if links.scenarios:
                titles = "; ".join(scenario.title for scenario in links.scenarios)
                lines.append(f"- *Scenarios tagged with it*: {titles}")
            for retailer in links.faulty_retailers:
                lines.append(f"- *Faulty retailer that breaks it*: {retailer.fault} Seen in: {retailer.scenario}")
            lines.append("")
    return "\n".join(line.replace("<", "\\<") for line in lines)


def _how_judged(untested: str | None, rule: RuleLocation | None) -> str:
    if untested:
        return f"none. {untested}"
    return "judged by the run itself" if rule is None else f"`{rule.function}` in `{rule.file}`"


def _chapter_titles() -> dict[str, str]:
    """The heading of each chapter's file: its first line is a comment such as ``# PAY: what the bill took off``."""
    titles = {}
    for path in (ROOT / "conformance" / "requirements").glob("*.toml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        titles[path.stem.upper()] = first.lstrip("# ").partition(":")[2].strip().rstrip(".") or path.stem.upper()
    return titles


# ---- injected faults -----------------------------------------------------------------------------------------------


def _injected_faults() -> str:
    from simulator.fault_injection.faults import KINDS

    return _table(("kind", "effect"), [(f"`{kind}`", _cell(text)) for kind, text in KINDS.items()])


# ---- Markdown ------------------------------------------------------------------------------------------------------


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ("---",) * len(head), *rows]) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "\\<")


def _prose(text: str) -> str:
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(" ".join(paragraph.split()).replace("<", "\\<") for paragraph in paragraphs)


PARTS: Mapping[str, Callable[[], str]] = {
    "commands": _commands,
    "settings-profile": _settings("profile"),
    "settings-security": _settings("security"),
    "settings-ftps": _settings("ftps"),
    "rates": _rates,
    "requirements": _requirements,
    "injected-faults": _injected_faults,
}
