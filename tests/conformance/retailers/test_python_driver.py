"""A retailer as a Python object: what its methods return, raise and lack, and how it fails to be made."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from conformance.retailers.protocol import DriverError, DriverNotStarted
from conformance.retailers.python_driver import PythonDriver

if TYPE_CHECKING:
    from pathlib import Path

Made = Callable[..., PythonDriver]
_numbers = itertools.count()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    opened: list[PythonDriver] = []
    modules: list[str] = []

    def make(source: str, *, name: str = "Driver", timeout: float = 20, **options: Path) -> PythonDriver:
        module = f"retailer_under_test_{next(_numbers)}"
        modules.append(module)
        (tmp_path / f"{module}.py").write_text(source, encoding="utf-8")
        driver = PythonDriver(f"{module}:{name}", directory=tmp_path, timeout=timeout, **options)
        opened.append(driver)
        return driver

    path = list(sys.path)
    yield make
    for driver in opened:
        driver.close()
    for module in modules:
        sys.modules.pop(module, None)
    assert sys.path == path


DRIVER = """
import threading

class Driver:
    def __init__(self):
        self.thread = threading.get_ident()
    def hello(self, protocol, **others):
        return {"name": "Paraugs", "protocol": protocol, "others": others}
    def reset(self):
        pass
    def bill(self, period):
        return {"period": period}
    def apply(self, events):
        raise ValueError("no contract 007")
    def exchange(self, channels):
        return {"error": "the line is busy"}
    def status(self, contract):
        raise NotImplementedError
    def now(self, at):
        return at
    def same_thread(self):
        return {"same": threading.get_ident() == self.thread}
"""


def test_fields_go_in_and_out(made: Made) -> None:
    answer = made(DRIVER).ask("hello", protocol=1, security="off")
    assert answer.ok
    assert answer.fields == {"name": "Paraugs", "protocol": 1, "others": {"security": "off"}}


def test_none_is_plain_ok(made: Made) -> None:
    answer = made(DRIVER).ask("reset")
    assert answer.ok
    assert answer.fields == {}


def test_fields_that_a_method_does_not_name_are_left_out(made: Made) -> None:
    assert made(DRIVER).ask("bill", period="2026-03", invoices=[]).fields == {"period": "2026-03"}


def test_a_field_that_is_missing_is_an_error_answer(made: Made) -> None:
    answer = made(DRIVER).ask("bill")
    assert not answer.ok
    assert "period" in (answer.error or "")


def test_an_exception_is_an_error_answer_and_its_traceback_is_kept(made: Made, tmp_path: Path) -> None:
    driver = made(DRIVER, log=tmp_path / "driver.log")
    answer = driver.ask("apply", events=[])
    assert (answer.ok, answer.error) == (False, "ValueError: no contract 007")
    assert "Traceback" in driver.log
    assert (tmp_path / "driver.log").read_text(encoding="utf-8") == driver.log
    assert driver.ask("reset").ok


def test_leaving_the_interpreter_is_an_error_answer(made: Made) -> None:
    driver = made("import sys\nclass Driver:\n    def reset(self): sys.exit('no database')\n")
    assert driver.ask("reset").error == "SystemExit: no database"


def test_an_error_can_be_returned(made: Made) -> None:
    assert made(DRIVER).ask("exchange", channels=[]).error == "the line is busy"


def test_a_method_not_there_or_not_implemented_is_unsupported(made: Made) -> None:
    driver = made(DRIVER)
    assert driver.ask("frobnicate").unsupported
    assert driver.ask("status", contract="007").unsupported


def test_anything_but_a_dict_breaks_the_protocol(made: Made) -> None:
    with pytest.raises(DriverError, match=r"Driver\.now returned str; expected a dict"):
        made(DRIVER).ask("now", at="2026-03-01T08:00:00+02:00")


def test_all_calls_come_on_one_thread(made: Made) -> None:
    assert made(DRIVER).ask("same_thread").fields == {"same": True}


def test_hanging_ends_with_the_timeout(made: Made) -> None:
    source = (
        "import threading\n\nrelease = threading.Event()\n\nclass Driver:\n"
        "    def bill(self): release.wait()\n    def reset(self): pass\n"
    )
    driver = made(source, timeout=1)
    with pytest.raises(DriverError, match=r"Driver\.bill did not return within 1 seconds"):
        driver.ask("bill")
    with pytest.raises(DriverError, match=r"Driver\.bill did not return"):
        driver.ask("reset")
    next(m for name, m in sys.modules.items() if name.startswith("retailer_under_test_")).release.set()


def test_close_says_bye_and_ends_the_conversation(made: Made, tmp_path: Path) -> None:
    driver = made(f"class Driver:\n    def bye(self): open({str(tmp_path / 'bye')!r}, 'w').close()\n")
    driver.close()
    assert (tmp_path / "bye").exists()
    with pytest.raises(DriverError, match="closed"):
        driver.ask("bye")


@pytest.mark.parametrize(
    ("source", "name", "words"),
    [
        pytest.param("class Driver: pass", "Diver", ["has no 'Diver'"], id="no such class"),
        pytest.param("Driver = 5", "Driver", ["'Driver'", "is not a class"], id="not a class"),
        pytest.param("import no_such_thing", "Driver", ["No module named 'no_such_thing'", "line 1"], id="its import"),
        pytest.param("class Driver(:", "Driver", ["SyntaxError"], id="its syntax"),
        pytest.param(
            "class Driver:\n    def __init__(self): raise OSError('database is away')",
            "Driver",
            ["OSError: database is away", "line 2"],
            id="its constructor",
        ),
        pytest.param(
            "class Driver:\n    def __init__(self, path): pass", "Driver", ["TypeError", "path"], id="needs arguments"
        ),
    ],
)
def test_an_object_that_cannot_be_made(made: Made, source: str, name: str, words: list[str]) -> None:
    with pytest.raises(DriverNotStarted) as caught:
        made(source, name=name)
    message = str(caught.value)
    assert message.startswith("cannot make the driver object 'retailer_under_test_")
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize("module", ["no_such_module", "no_such_module.inner", "json.no_such_module"])
def test_no_such_module(tmp_path: Path, module: str) -> None:
    with pytest.raises(DriverNotStarted, match=r"there is no module '.*no_such_module', neither installed nor in"):
        PythonDriver(f"{module}:Driver", directory=tmp_path, timeout=20)
