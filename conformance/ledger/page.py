"""A person's year as one HTML page that opens offline, reads well aloud, in print and by keyboard."""

from __future__ import annotations

from html import escape
from pathlib import Path

from conformance.dates import month_name
from conformance.ledger.words import (
    Words,
    equation,
    euro,
    happenings,
    short_account,
    told,
    words_of,
)
from simulator.aldis.statement import NOTHING, ContractYear, Month, Statement

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def as_page(found: Statement, language: str) -> str:
    """The whole page; ``language`` is lv or en."""
    words = words_of(language)
    title = f"{words.title}: {found.name or found.code}, {found.year}"
    contracts = "\n".join(_contract(found, each, words) for each in found.contracts)
    explained = "\n".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in words.explanations)
    name = f"<dt>{words.person}</dt><dd>{escape(found.name)}</dd>" if found.name else ""
    return f"""<!DOCTYPE html>
<html lang="{words.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(words.title)}</h1>
<dl class="who">{name}
<dt>{words.code}</dt><dd>{escape(found.code)}</dd>
<dt>{words.year}</dt><dd>{found.year}</dd></dl>
<p class="note">{escape(words.amounts)}</p>
{contracts}
<h2>{words.explained}</h2>
<dl class="words">
{explained}
</dl>
</main>
</body>
</html>
"""


def _contract(found: Statement, of: ContractYear, words: Words) -> str:
    language = words.language
    rows = "\n".join(_row(month, words) for month in of.months)
    retailer = of.retailer or of.provider
    totals = of.totals
    return f"""<section>
<h2>{words.contract} {escape(of.contract)}, {escape(retailer)}</h2>
<p class="short">{escape(short_account(found, of, language))}</p>
<div class="scroll" tabindex="0" role="region" aria-label="{escape(words.contract)} {escape(of.contract)}">
<table>
<caption>{escape(words.summary)}: {escape(equation(of, language))}</caption>
<thead><tr><th scope="col">{words.month}</th><th scope="col" class="sum">{words.granted}</th>
<th scope="col" class="sum">{words.applied}</th><th scope="col" class="sum">{words.left}</th>
<th scope="col">{words.happened}</th></tr></thead>
<tbody>
{rows}
</tbody>
<tfoot><tr><th scope="row">{words.total}</th><td class="sum">{euro(totals.granted)}</td>
<td class="sum">{euro(totals.applied)}</td><td class="sum">{euro(totals.carried)}</td>
<td>{_closing(of, words)}</td></tr></tfoot>
</table>
</div>
{_differences(of, words)}
</section>"""


def _closing(of: ContractYear, words: Words) -> str:
    parts = [f"{euro(of.totals.lapsed)} {words.lapsed}"] if of.totals.lapsed else []
    if of.totals.reversed:
        parts.append(f"{euro(of.totals.reversed)} {words.reversed}")
    return escape("; ".join(parts))


def _row(month: Month, words: Words) -> str:
    language = words.language
    granted = sum((each.total for each in month.granted), NOTHING)
    applied = sum((each.applied for each in month.bills if each.cancelled is None), NOTHING)
    lines = "".join(f"<li>{escape(each)}</li>" for each in happenings(month, language))
    name = month_name(month.period, language)
    reasons = "".join(f"<li>{escape(told(each, language))}</li>" for it in month.granted for each in it.why)
    summary = f'<summary aria-label="{escape(words.why)}: {escape(name)}">{words.why}</summary>'
    why = f"<details>{summary}<ul>{reasons}</ul></details>" if reasons else ""
    return (
        f'<tr><th scope="row">{escape(name)}</th><td class="sum">{euro(granted)}</td>'
        f'<td class="sum">{euro(applied)}</td><td class="sum">{euro(month.left)}</td>'
        f"<td><ul>{lines}</ul>{why}</td></tr>"
    )


def _differences(of: ContractYear, words: Words) -> str:
    if not of.differences:
        return f"<p>{escape(words.none_differ)}</p>"
    lines = "".join(f"<li>{escape(told(each, words.language))}</li>" for each in of.differences)
    return f'<div class="bad"><p><strong>{escape(words.differences)}</strong></p><ul>{lines}</ul></div>'
