"""Each way in which a retailer's program can fail, with real small programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.retailers.command_driver import CommandDriver
from conformance.retailers.protocol import DriverError, DriverNotStarted

Started = Callable[..., CommandDriver]

ECHO = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "bye":
        break
    print(json.dumps({"id": request["id"], "ok": True, "request": request}, ensure_ascii=False), flush=True)
"""


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    opened: list[CommandDriver] = []

    def start(program: str, *, timeout: float = 20, **options: Path) -> CommandDriver:
        (tmp_path / "program.py").write_text(program, encoding="utf-8")
        driver = CommandDriver(
            [sys.executable, "-X", "utf8", "program.py"], directory=tmp_path, timeout=timeout, **options
        )
        opened.append(driver)
        return driver

    yield start
    for driver in opened:
        driver.close()


def answering(answer: str) -> str:
    """A program that answers every request with this Python expression, printed."""
    return (
        f"import json, sys\nfor line in sys.stdin:\n    id = json.loads(line)['id']\n    print({answer}, flush=True)\n"
    )


def gone(process: int) -> bool:
    """Whether no such process runs any more (a zombie without a parent to collect it counts as gone)."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "did not happen within 20 seconds"
        time.sleep(0.01)


def test_asks_and_gets_the_fields(started: Started) -> None:
    driver = started(ECHO)
    answer = driver.ask("apply", events=[{"contract": "007", "holder": "Ģirts Šķēle"}])
    assert answer.ok
    assert answer.fields["request"] == {
        "id": 1,
        "do": "apply",
        "events": [{"contract": "007", "holder": "Ģirts Šķēle"}],
    }
    assert driver.ask("exchange", channels=[]).fields["request"]["id"] == 2


def test_runs_in_the_folder_of_the_configuration(started: Started, tmp_path: Path) -> None:
    driver = started(answering("json.dumps({'id': id, 'ok': True, 'here': __import__('os').getcwd()})"))
    assert driver.ask("hello").fields["here"] == str(tmp_path.resolve())


def test_an_error_answer(started: Started) -> None:
    answer = started(answering("json.dumps({'id': id, 'error': 'no such contract'})")).ask("bill")
    assert (answer.ok, answer.error, answer.unsupported) == (False, "no such contract", False)


def test_an_unsupported_answer(started: Started) -> None:
    answer = started(answering("json.dumps({'id': id, 'unsupported': True})")).ask("status")
    assert (answer.ok, answer.error, answer.unsupported) == (False, None, True)


def test_empty_lines_between_answers_are_let_be(started: Started) -> None:
    driver = started(answering("'\\n' + json.dumps({'id': id, 'ok': True}) + '\\n'"))
    assert driver.ask("hello").ok
    assert driver.ask("reset").ok


@pytest.mark.parametrize(
    ("program", "words"),
    [
        pytest.param(
            "import sys\nprint('cannot read customers.db', file=sys.stderr)\nsys.exit(3)",
            ["ended with exit status 3", 'answered "hello"', "cannot read customers.db"],
            id="died",
        ),
        pytest.param(
            "import os, sys\nsys.stdin.readline()\nos.kill(os.getpid(), 9)",
            ["was ended by signal 9", 'answered "hello"'],
            id="killed",
        ),
        pytest.param(
            "import sys, os, time\nsys.stdin.readline()\nos.close(1)\ntime.sleep(600)",
            ["closed its standard output"],
            id="closed its output",
        ),
        pytest.param(answering("'Loading customers...'"), ["'Loading customers...'", "one JSON object"], id="garbage"),
        pytest.param(answering("'[1, 2]'"), ["'[1, 2]'", "not a JSON object"], id="not an object"),
        pytest.param(answering("json.dumps({'id': 7, 'ok': True})"), ["with id 7", "expected 1"], id="wrong id"),
        pytest.param(answering("json.dumps({'id': '1', 'ok': True})"), ['with id "1"', "expected 1"], id="id as text"),
        pytest.param(answering("json.dumps({'id': True, 'ok': True})"), ["with id true"], id="id as truth value"),
        pytest.param(answering("json.dumps({'ok': True})"), ["with id null"], id="no id"),
        pytest.param(answering("json.dumps({'id': id})"), ["exactly one of", '"ok": true'], id="without ok"),
        pytest.param(answering("json.dumps({'id': id, 'ok': False})"), ["exactly one of"], id="not ok, no reason"),
        pytest.param(
            answering("json.dumps({'id': id, 'ok': True, 'error': 'x'})"), ["exactly one of"], id="ok and error"
        ),
        pytest.param(answering("json.dumps({'id': id, 'ok': 'yes'})"), ["wrong type", "ok='yes'"], id="ok as text"),
        pytest.param(
            'import sys\nsys.stdin.readline()\nsys.stdout.buffer.write(b\'{"id": 1, "name": "\\xe2"}\\n\')\n'
            "sys.stdout.flush()\nsys.stdin.readline()",
            ["not UTF-8"],
            id="not UTF-8",
        ),
    ],
)
def test_a_broken_protocol_is_told_in_one_sentence(started: Started, program: str, words: list[str]) -> None:
    driver = started(program)
    with pytest.raises(DriverError) as caught:
        driver.ask("hello")
    message = str(caught.value)
    assert message.startswith("the ")
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_line_without_an_end_does_not_fill_the_memory(started: Started) -> None:
    driver = started("import sys\nwhile True: sys.stdout.write('x' * 1000000)")
    with pytest.raises(DriverError, match="line of more than 16777216 bytes"):
        driver.ask("hello")


def test_hanging_ends_with_the_timeout(started: Started) -> None:
    driver = started("import sys, time\nprint('waiting', file=sys.stderr, flush=True)\ntime.sleep(600)", timeout=1)
    wait_until(lambda: "waiting" in driver.log)
    with pytest.raises(DriverError, match=r'did not answer "bill" within 1 seconds .*ends with: waiting'):
        driver.ask("bill")


def test_not_reading_its_input_ends_with_the_timeout(started: Started) -> None:
    driver = started("import time\ntime.sleep(600)", timeout=1)
    with pytest.raises(DriverError, match="within 1 seconds"):
        driver.ask("apply", events=["x" * 1_000_000])


def test_once_broken_it_stays_broken(started: Started) -> None:
    driver = started(answering("'garbage'"))
    with pytest.raises(DriverError) as first:
        driver.ask("hello")
    with pytest.raises(DriverError) as second:
        driver.ask("reset")
    assert str(second.value) == str(first.value)


def test_the_error_stream_is_kept(started: Started, tmp_path: Path) -> None:
    program = "import sys\nprint('Sāku darbu', file=sys.stderr, flush=True)\n" + ECHO
    driver = started(program, log=tmp_path / "driver.log")
    assert driver.ask("hello").ok
    driver.close()
    assert driver.log == "Sāku darbu\n"
    assert (tmp_path / "driver.log").read_text(encoding="utf-8") == "Sāku darbu\n"


def test_a_talkative_error_stream_is_cut(started: Started) -> None:
    driver = started("import sys\nfor n in range(50000): print('line', n, file=sys.stderr)\n" + ECHO)
    assert driver.ask("hello").ok
    driver.close()
    assert len(driver.log) < 80_000
    assert driver.log.startswith("[earlier output dropped]")
    assert driver.log.endswith("line 49999\n")


def test_close_lets_the_program_say_goodbye(started: Started, tmp_path: Path) -> None:
    driver = started(ECHO + "open('goodbye', 'w').close()\n")
    assert driver.ask("hello").ok
    driver.close()
    assert (tmp_path / "goodbye").exists()
    driver.close()  # twice does no harm
    with pytest.raises(DriverError):
        driver.ask("hello")


def test_close_ends_what_the_program_started(started: Started) -> None:
    program = (
        "import json, subprocess, sys, os\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        + answering("json.dumps({'id': id, 'ok': True, 'processes': [os.getpid(), child.pid]})")
    )
    driver = started(program)
    processes = driver.ask("hello").fields["processes"]
    driver.close()
    wait_until(lambda: all(gone(process) for process in processes))


def test_a_program_that_ignores_goodbye_is_ended(started: Started) -> None:
    program = (
        "import json, os, signal, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "id = json.loads(sys.stdin.readline())['id']\n"
        "print(json.dumps({'id': id, 'ok': True, 'process': os.getpid()}), flush=True)\ntime.sleep(600)"
    )
    driver = started(program, timeout=3)
    process = driver.ask("hello").fields["process"]
    driver.close()
    wait_until(lambda: gone(process))


def test_no_such_program(tmp_path: Path) -> None:
    with pytest.raises(DriverNotStarted, match=r"there is no program 'nodd'.*check driver\.command"):
        CommandDriver(["nodd", "driver.js"], directory=tmp_path, timeout=1)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(DriverNotStarted, match="there is no folder"):
        CommandDriver([sys.executable], directory=tmp_path / "away", timeout=1)


def test_not_executable(tmp_path: Path) -> None:
    (tmp_path / "driver.sh").write_text("#!/bin/sh\n")
    with pytest.raises(DriverNotStarted, match=r"may not be executed; make it executable \(chmod \+x\)"):
        CommandDriver(["./driver.sh"], directory=tmp_path, timeout=1)


def test_not_a_program_at_all(tmp_path: Path) -> None:
    (tmp_path / "driver").write_text("hello")
    (tmp_path / "driver").chmod(0o755)
    with pytest.raises(DriverNotStarted, match="Exec format error"):
        CommandDriver(["./driver"], directory=tmp_path, timeout=1)


def test_no_argument_can_hold_a_null_byte(tmp_path: Path) -> None:
    with pytest.raises(DriverNotStarted, match="null byte"):
        CommandDriver([sys.executable, "a\0b"], directory=tmp_path, timeout=1)


def test_lines_that_nobody_asked_for_do_not_fill_the_memory(started: Started) -> None:
    driver = started(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    print(json.dumps({'id': json.loads(line)['id'], 'ok': True}), flush=True)\n"
        "    while True:\n"
        "        sys.stdout.write('x' * 1000 + '\\n')\n"
    )
    assert driver.ask("hello").ok
    wait_until(lambda: driver._flooded)
    assert driver._lines.qsize() <= 8
    with pytest.raises(DriverError, match='more than 8 lines before it was asked "reset"'):
        driver.ask("reset")
    assert gone(driver._process.pid)
