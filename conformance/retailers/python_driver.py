"""Driver of kind ``python``: a class with a method for each request, called with the request's fields."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.retailers.protocol import Answer, DriverError, DriverNotStarted, Tail, answer_from

if TYPE_CHECKING:
    from pathlib import Path

_BYE_SECONDS = 5.0  # wall


@dataclass
class _Job:
    """One call for the worker: what to run, and where its result or exception goes."""

    run: Callable[[], Any]
    done: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    failure: BaseException | None = None


class PythonDriver:
    """An object of a class ``module:Class``, created without arguments and used on one thread of its own.

    A method takes the request's fields by name (those that it does not name are left out) and returns the answer's
    fields as a dict, or None. An exception is an error answer; a method that is not there, or raises
    NotImplementedError, is an unsupported one. ``directory`` is searched for modules first; ``timeout`` is in wall
    seconds for one answer. Raises DriverNotStarted when the object cannot be created.
    """

    def __init__(self, target: str, *, directory: Path, timeout: float, log: Path | None = None) -> None:
        self._target = target
        self._timeout = timeout
        self._log = Tail(copy=log)
        self._broken: str | None = None
        self._folder = str(directory)
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        threading.Thread(target=self._work, name=f"driver {target}", daemon=True).start()
        sys.path.insert(0, self._folder)
        try:
            self._object = self._create()
        except BaseException:
            self._release()
            raise

    @property
    def log(self) -> str:
        """Tracebacks of the retailer's own exceptions (the last 64 KiB)."""
        return self._log.text()

    def ask(self, do: str, **fields: Any) -> Answer:
        """Call one method and wait for it; raises DriverError when it takes too long or returns no answer."""
        return self._ask(do, fields, self._timeout)

    def close(self) -> None:
        """Call bye and release the object; never raises."""
        if self._broken is None:
            with contextlib.suppress(DriverError):
                self._ask("bye", {}, min(self._timeout, _BYE_SECONDS))
        self._release()
        self._broken = "the driver is closed"

    def _ask(self, do: str, fields: Mapping[str, Any], timeout: float) -> Answer:
        if self._broken is not None:
            raise DriverError(self._broken)
        method = getattr(self._object, do, None)
        if not callable(method):
            return Answer(ok=False, unsupported=True)
        job = self._run(lambda: method(**_accepted(method, fields)), timeout)
        if job is None:
            # The thread cannot be stopped from outside, and an object that is still busy must not be called.
            self._broken = f"{self._target}.{do} did not return within {timeout:g} seconds (driver.timeout)"
            raise DriverError(self._broken)
        if isinstance(job.failure, NotImplementedError):
            return Answer(ok=False, unsupported=True)
        if job.failure is not None:
            return Answer(ok=False, error=_describe(job.failure))
        return self._answer(do, job.result)

    def _answer(self, do: str, returned: Any) -> Answer:
        if returned is None:
            return Answer(ok=True)
        if not isinstance(returned, Mapping):
            raise DriverError(
                f"{self._target}.{do} returned {type(returned).__name__}; expected a dict with the answer, or None"
            )
        if any(key in returned for key in ("ok", "error", "unsupported")):
            return answer_from(returned, do=do)
        return Answer(ok=True, fields=dict(returned))

    def _create(self) -> Any:
        job = self._run(self._import_and_call, self._timeout)
        prefix = f"cannot make the driver object {self._target!r} (driver.object)"
        if job is None:
            raise DriverNotStarted(f"{prefix}: not done within {self._timeout:g} seconds (driver.timeout)")
        if isinstance(job.failure, DriverNotStarted):
            raise DriverNotStarted(f"{prefix}: {job.failure}")
        if job.failure is not None:
            raise DriverNotStarted(f"{prefix}: {_describe(job.failure)}{_place(job.failure)}") from job.failure
        return job.result

    def _import_and_call(self) -> Any:
        module_name, _, name = self._target.partition(":")
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as reason:
            if reason.name and module_name.split(".")[: reason.name.count(".") + 1] == reason.name.split("."):
                raise DriverNotStarted(
                    f"there is no module {reason.name!r}, neither installed nor in {self._folder}"
                ) from reason
            raise
        driver_class = getattr(module, name, None)
        if driver_class is None:
            raise DriverNotStarted(f"module {module_name!r} has no {name!r}")
        if not callable(driver_class):
            raise DriverNotStarted(f"{name!r} of module {module_name!r} is not a class")
        return driver_class()

    def _run(self, call: Callable[[], Any], timeout: float) -> _Job | None:
        """Run a call on the object's thread. Returns None when it does not finish in time."""
        job = _Job(call)
        self._jobs.put(job)
        return job if job.done.wait(timeout) else None

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job.result = job.run()
            except (Exception, SystemExit) as failure:  # noqa: BLE001 - foreign code; logged and returned as an error
                job.failure = failure
                self._log.add(traceback.format_exc().encode())
            job.done.set()

    def _release(self) -> None:
        self._jobs.put(None)
        with contextlib.suppress(ValueError):
            sys.path.remove(self._folder)
        self._log.close()


def _accepted(method: Callable[..., Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that a method names: later versions of the protocol may add others, which it may ignore."""
    parameters = inspect.signature(method).parameters.values()
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return dict(fields)
    named = {parameter.name for parameter in parameters}
    return {key: value for key, value in fields.items() if key in named}


def _describe(failure: BaseException) -> str:
    return f"{type(failure).__name__}: {failure}" if str(failure) else type(failure).__name__


def _place(failure: BaseException) -> str:
    frames = traceback.extract_tb(failure.__traceback__)
    own = [frame for frame in frames if "importlib" not in frame.filename and frame.filename != __file__]
    return f" ({own[-1].filename}, line {own[-1].lineno})" if own else ""
