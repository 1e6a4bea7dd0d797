"""Waivers let a broken requirement pass for a while; an expired, a needless or a misspelt one fails the run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from conformance.report.events import Status, Waiver
from conformance.report.summary import WaiverFault
from conformance.retailers.config import reference_config
from conformance.run.configuration import SuiteConfig, run_started
from conformance.run.waivers import load_waivers
from simulator.documents.profile import load_profile
from simulator.settings import Problem, SettingsError
from tests.conformance.commands.running import aldis
from tests.conformance.report.runs import fold, info, judged, run, scenario

KNOWN = ("PAY-01", "PAY-10", "DIT-04")
GOOD = """
[[waiver]]
requirement = "PAY-10"
reason = "empty months come with release 4.2"
until = 2026-12-31
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "waivers.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_waiver_is_read(tmp_path: Path) -> None:
    expected = Waiver("PAY-10", "empty months come with release 4.2", date(2026, 12, 31))
    assert load_waivers(_file(tmp_path, GOOD), KNOWN) == (expected,)
    assert load_waivers(_file(tmp_path, ""), KNOWN) == ()


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (GOOD.replace("PAY-10", "PAY-19"), 3, 'there is no requirement PAY-19; did you mean "PAY-10"?'),
        (GOOD.replace("PAY-10", "ABC"), 3, "there is no requirement ABC; `aldis requirements` lists them"),
        (GOOD.replace("2026-12-31", '"2026-12-31"'), 5, "expected a date without quotation marks"),
        (GOOD.replace("2026-12-31", "2026-12-31T10:00:00"), 5, "expected a date without quotation marks"),
        (GOOD.replace("empty months come with release 4.2", " "), 4, 'found " "; expected a sentence'),
        (GOOD.replace("reason", "because"), 4, "unknown key; known are requirement, reason, until"),
        (GOOD.replace('reason = "empty months come with release 4.2"', ""), 2, "reason: is missing"),
        (GOOD + GOOD, 8, "PAY-10 is waived twice"),
        ("[waivers]", 1, 'unknown key; known are waiver; did you mean "waiver"?'),
        ("waiver = 3", 1, "expected tables, each headed [[waiver]]"),
        ("not toml", 1, "not TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(text: str, line: int, says: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_waivers(_file(tmp_path, text), KNOWN)
    assert says in str(caught.value)
    assert f"waivers.toml, line {line}: " in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("2026-12-31", "2026") + GOOD.replace("reason", "because")
    with pytest.raises(SettingsError) as caught:
        load_waivers(_file(tmp_path, text), KNOWN)
    assert [problem.line for problem in caught.value.problems if isinstance(problem, Problem)] == [5, 7, 9]


def test_a_waiver_counts_by_the_day_on_which_the_run_started() -> None:
    waiver = Waiver("PAY-10", "later", date(2026, 3, 1))
    assert [waiver.expired(date(2026, 3, day)) for day in (1, 2)] == [False, True]
    last = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    for begin, waived in ((last, {"PAY-10"}), (last + timedelta(minutes=1), set())):
        suite = SuiteConfig(reference_config(), load_profile(), waivers=(waiver,), started_at=begin)
        assert suite.policy.waived == waived
        assert run_started(suite, 1).started_at == begin


def _summary(waiver: Waiver, *, broken: int):  # type: ignore[no-untyped-def]
    requirements = [info("PAY-01"), info("DIT-04")]
    return fold(
        run(
            scenario("month", judged("PAY-01", 1, broken), judged("DIT-04"), status=Status.PASSED),
            requirements=requirements,
            waivers=(waiver,),
        )
    )


def test_a_waived_requirement_does_not_fail_the_run() -> None:
    summary = _summary(Waiver("PAY-01", "later", date(2026, 3, 2)), broken=1)  # the very last day
    assert summary.verdicts[0].status is Status.WAIVED
    assert summary.waiver_faults == ()
    assert summary.exit_code == 0


def test_an_expired_waiver_fails_it() -> None:
    waiver = Waiver("PAY-01", "later", date(2026, 3, 1))
    summary = _summary(waiver, broken=1)
    assert summary.verdicts[0].status is Status.FAILED
    assert summary.waiver_faults == ((waiver, WaiverFault.EXPIRED),)
    assert summary.exit_code == 1
    assert _summary(waiver, broken=0).exit_code == 1


def test_a_waiver_of_what_holds_is_stale_and_fails_it() -> None:
    waiver = Waiver("PAY-01", "later", date(2026, 12, 31))
    summary = _summary(waiver, broken=0)
    assert summary.waiver_faults == ((waiver, WaiverFault.STALE),)
    assert summary.exit_code == 1


def test_a_waiver_of_what_was_not_tested_is_left_alone() -> None:
    summary = fold(
        run(
            scenario("month", judged("DIT-04")),
            requirements=[info("PAY-01"), info("DIT-04")],
            waivers=(Waiver("PAY-01", "later", date(2026, 12, 31)),),
        )
    )
    assert summary.exit_code == 0


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (GOOD.replace("2026-12-31", "9999-12-31"), 1, "no longer needed"),
        (GOOD.replace("2026-12-31", "2020-12-31"), 1, "expired on 2020-12-31"),
        (GOOD.replace("PAY-10", "PAY-99"), 2, "no requirement PAY-99"),
    ],
)
def test_check_takes_waivers(text: str, code: int, says: str, tmp_path: Path) -> None:
    _file(tmp_path, text)
    done = aldis(
        "check",
        "--only",
        "A month without any support to pay out",
        "--waivers",
        "waivers.toml",
        "--report",
        "report",
        cwd=tmp_path,
    )
    assert done.returncode == code
    assert says in " ".join((done.stdout + done.stderr).split())
