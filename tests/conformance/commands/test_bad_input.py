"""Every command with wrong options and wrong files: the exit code, and the words that say what is wrong.

Exit codes are those of version 0.1, in which a database in memory ended in a traceback.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.commands.running import aldis

RETAILER = """
[retailer]
name = "Paraugs"
registration_number = "40009990008"
authority = "100777"
[driver]
kind = "manual"
""".lstrip()
WAIVER = '[[waiver]]\nrequirement = "PAY-10"\nreason = "late"\nuntil = 2099-01-01\n'
UNKNOWN_TABLE = "[nonsense]\nkey = 1\n"
NOT_TEXT = b"\xff\xfe\x00"


@pytest.mark.parametrize(
    ("command", "content", "code", "says"),
    [
        ("nonsense", None, 2, "No such command 'nonsense'."),
        ("check --nonsense", None, 2, "No such option '--nonsense'."),
        ("check --seed -1", None, 2, "Invalid value for '--seed'"),
        ("check --seed one", None, 2, "Invalid value for '--seed'"),
        ("check --cases -1", None, 2, "Invalid value for '--cases'"),
        ("check --months 25", None, 2, "Invalid value for '--months'"),
        ("check --time-limit 0", None, 2, "Invalid value for '--time-limit'"),
        ("check --lang ru", None, 2, "Invalid value for '--lang'"),
        ("check --gate signoff", None, 2, "--gate signoff writes and signs a dossier: give"),
        ("check --gate green", None, 2, "Invalid value for '--gate'"),
        ("check --only NOPE-99", None, 2, "--only NOPE-99"),
        ("check --profile nonsense", None, 2, "no profile has the name"),
        ("check extra", None, 2, "Got unexpected extra argument (extra)"),
        ("generate", None, 2, "Missing argument '{contract|discount|payout}'."),
        ("generate invoice", None, 2, "Invalid value for '{contract|discount|payout}'"),
        ("generate contract --count 0", None, 2, "Invalid value for '--count'"),
        ("generate contract --count 2", None, 2, "more than one file needs a folder: add --out DIR"),
        ("generate contract --records -1", None, 2, "Invalid value for '--records'"),
        ("generate contract --period 2026-13", None, 2, "Invalid value for '--period'"),
        ("generate contract --invalid", None, 2, "more than one file needs a folder: add --out DIR"),
        ("generate contract --profile nonsense", None, 2, "no profile has the name"),
        ("validate", None, 2, "Missing argument 'FILES...'."),
        ("plan --from 2026-02-30", None, 2, "--from takes a day of the calendar as YYYY-MM-DD,"),
        ("plan --from 1999-01-01", None, 2, "--from 1999-01-01 lies outside the years 2021 to"),
        ("plan --build -1", None, 2, "Invalid value for '--build'"),
        ("plan --profile nonsense", None, 2, "no profile has the name"),
        ("requirements --basis guessed", None, 2, "Invalid value for '--basis'"),
        ("requirements --chapter NOPE", None, 4, "no requirement has that chapter and basis"),
        ("schemas nonsense", None, 2, "No such command 'nonsense'."),
        ("schemas show URN:none", None, 2, "no schema has the URN URN:none"),
        ("schemas list --profile nonsense", None, 2, "no profile has the name"),
        ("schemas diff nonsense reconstruction", None, 2, "nonsense: is neither a folder of schemas nor a"),
        ("schemas adopt nowhere --name x", None, 2, "nowhere: is no folder"),
        ("schemas adopt . --name ../x", None, 2, "--name ../x: expected letters, digits, - and _"),
        ("schemas adopt . --name x --bind nonsense", None, 2, "--bind nonsense: expected FIELD=PATH, such as"),
        ("schemas adopt . --name x --seconds 0", None, 2, "Invalid value for '--seconds'"),
        ("serve --clock soon", None, 2, "--clock takes an ISO 8601 date and time such as"),
        ("serve --data d --database sqlite://", None, 2, "--data and --database exclude each other: give"),
        ("serve --database nonsense", None, 2, "nonsense is no usable database address: Could not"),
        ("serve --port 70000", None, 2, "Invalid value for '--port'"),
        ("serve --security password", None, 2, "Invalid value for '--security'"),
        ("serve --environment staging", None, 2, "Invalid value for '--environment'"),
        ("serve --world nonsense", None, 2, "nonsense"),
        ("serve --profile nonsense", None, 2, "no profile has the name"),
        ("serve --security username --database sqlite://", None, 2, "sqlite:// is a database in memory"),
        ("init --language cobol", None, 2, "Invalid value for '--language'"),
        ("audit", None, 2, "Missing option '--data'."),
        ("audit --data nowhere", None, 2, "Invalid value for '--data'"),
        ("ledger --year 2026", None, 2, "Missing option '--person'."),
        ("ledger --person 010180-00012", None, 2, "Missing option '--year'."),
        ("ledger --person 010180-00012 --year 1999 --data d", None, 2, "Invalid value for '--year'"),
        ("ledger --person 010180-00012 --year 2026", None, 2, "give either --data, the folder of aldis serve"),
        ("ledger --person 010180-00013 --year 2026 --data d", None, 2, "--person 010180-00013 is no personal code"),
        ("ledger --person 010180-00012 --year 2026 --data d", None, 2, "d is not the data folder of a simulator"),
        ("ledger --person 010180-00012 --year 2026 --journal d", None, 2, "d holds no journal"),
        ("replay", None, 2, "Missing argument 'REPRODUCER'."),
        ("replay nowhere", None, 2, "nowhere: cannot be read"),
        ("replay file.toml --retailer nowhere.toml", "", 2, "nowhere.toml: cannot be read"),
        ("dossier verify nowhere", None, 1, "nowhere: cannot be read as a zip file"),
        ("check --retailer file.toml", None, 2, "file.toml: cannot be read"),
        ("check --retailer file.toml", "not toml", 2, "file.toml, line 1: not TOML"),
        ("check --retailer file.toml", NOT_TEXT, 2, "file.toml: not UTF-8 at byte 0"),
        ("check --retailer file.toml", UNKNOWN_TABLE, 2, "file.toml: retailer: is missing"),
        ("check --waivers file.toml", None, 2, "file.toml: cannot be read"),
        ("check --waivers file.toml", "not toml", 2, "file.toml, line 1: not TOML"),
        ("check --waivers file.toml", NOT_TEXT, 2, "file.toml: not UTF-8 at byte 0"),
        ("check --waivers file.toml", UNKNOWN_TABLE, 2, "file.toml, line 1: nonsense: unknown key"),
        ("check --profile file.toml", None, 2, "file.toml: cannot be read"),
        ("check --profile file.toml", "not toml", 2, "file.toml, line 1: not TOML"),
        ("check --profile file.toml", NOT_TEXT, 2, "file.toml: not UTF-8"),
        ("check --profile file.toml", UNKNOWN_TABLE, 2, "line 1: nonsense: unknown key"),
        ("serve --world file.toml", None, 2, "file.toml: cannot be read"),
        ("serve --world file.toml", "not toml", 2, "file.toml, line 1: not TOML"),
        ("serve --world file.toml", NOT_TEXT, 2, "file.toml: not UTF-8 at byte 0"),
        ("serve --world file.toml", UNKNOWN_TABLE, 2, "file.toml: name: is missing"),
        ("serve --security username --security-settings file.toml", None, 2, "Invalid value for '--security-settings'"),
        ("serve --security username --security-settings file.toml", "not toml", 2, "line 1: not TOML"),
        ("serve --security username --security-settings file.toml", NOT_TEXT, 2, "file.toml: not UTF-8 at byte 0"),
        ("serve --security username --security-settings file.toml", UNKNOWN_TABLE, 2, "line 1: nonsense: unknown key"),
        ("serve --ftps-port 0 --ftps-settings file.toml", None, 2, "Invalid value for '--ftps-settings'"),
        ("serve --ftps-port 0 --ftps-settings file.toml", "not toml", 2, "line 1: not TOML"),
        ("serve --ftps-port 0 --ftps-settings file.toml", NOT_TEXT, 2, "file.toml: not UTF-8 at byte 0"),
        ("serve --ftps-port 0 --ftps-settings file.toml", UNKNOWN_TABLE, 2, "line 1: nonsense: unknown key"),
        ("check --retailer file.toml", "", 2, "file.toml: retailer: is missing"),
        ("check --retailer file.toml", RETAILER.replace("manual", "pigeon"), 2, "file.toml, line 6: driver.kind"),
        (
            "check --retailer file.toml",
            RETAILER.replace("40009990008", "40009990009"),
            2,
            "line 3: retailer.registration_number",
        ),
        (
            "check --retailer file.toml",
            RETAILER.replace('"100777"', "100777"),
            2,
            "line 4: retailer.authority",
        ),
        ("check --retailer file.toml", RETAILER + "timeout = -2\n", 2, "file.toml, line 7: driver.timeout"),
        ("check --retailer file.toml", RETAILER + '[run]\nprofile = "nonsense"\n', 2, "no profile has the name"),
        (
            "check --waivers file.toml",
            WAIVER.replace("PAY-10", "PAY-99"),
            2,
            "line 2: waiver[1].requirement",
        ),
        ("check --waivers file.toml", WAIVER.replace("late", ""), 2, "file.toml, line 3: waiver[1].reason"),
        (
            "check --waivers file.toml",
            WAIVER.replace("2099-01-01", '"2099-01-01"'),
            2,
            "line 4: waiver[1].until",
        ),
        ("check --recorded file.toml", None, 2, "file.toml is not the data folder of a simulator"),
        ("check --recorded file.toml", "not a folder", 2, "Invalid value for '--recorded'"),
        ("validate file.toml", None, 2, "file.toml: cannot be read: No such file or"),
        ("validate file.toml", "", 1, "file.toml: INVALID line 1, / well-formed: an"),
        ("validate file.toml", "<", 1, "file.toml: INVALID line 1, / well-formed:"),
        ("validate file.toml", "<a/>", 1, "file.toml: INVALID line 1, /a root: the document"),
        ("validate file.toml", NOT_TEXT, 1, "file.toml: INVALID line 1, / encoding: a document"),
        ("replay file.toml", "", 2, "file.toml: is no reproducer: a feature with a"),
        ("replay file.toml", "nonsense", 2, "file.toml: is no reproducer: a feature with a"),
        ("dossier verify file.toml", "", 1, "file.toml: cannot be read as a zip file: File is"),
        ("dossier verify file.toml", "nonsense", 1, "file.toml: cannot be read as a zip file: File is"),
        ("check --gate signoff --report r --key file.toml", None, 2, "file.toml: cannot be read: No such file or"),
        ("check --gate signoff --report r --key file.toml", "nonsense", 2, "file.toml: is no usable key"),
        ("check --report file.toml", "a file", 2, "Invalid value for '--report'"),
        ("generate contract --out file.toml", "a file", 2, "Invalid value for '--out'"),
        ("init file.toml", "a file", 2, "Invalid value for '[DIRECTORY]'"),
        ("audit --data file.toml", "a file", 2, "Invalid value for '--data'"),
        ("serve --data file.toml", "a file", 2, "Invalid value for '--data'"),
    ],
)
def test_bad_input(command: str, content: str | bytes | None, code: int, says: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "file.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    done = aldis(*command.split(), cwd=tmp_path)
    assert done.returncode == code, done.stdout + done.stderr
    assert says in " ".join((done.stderr + done.stdout).replace("│", " ").split())
    assert "Traceback" not in done.stderr
