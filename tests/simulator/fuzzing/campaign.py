"""Sends worsened requests to a served simulator, judges each answer, and in the end what the simulator has kept."""

from __future__ import annotations

import re
import subprocess
import sysconfig
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from lxml import etree
from sqlalchemy import select

from simulator.documents.profile import load_profile
from simulator.journal import Entry, Kind, Outcome, StoredJournal
from simulator.soap.contract import CONFIGURATION, MESSAGES, SVC, operations
from simulator.soap.refusals import SoapVersion
from simulator.store import Store
from simulator.store.schema import deliveries, messages
from tests.simulator.fuzzing.genuine import Genuine, Request
from tests.simulator.fuzzing.mutations import worsen
from tests.simulator.fuzzing.wire import Answer, Line, NoAnswer
from tests.simulator.security.client import Answer as ClientsAnswer

CLOCK = "2026-03-02T09:00:00+02:00"
REFUSED = frozenset({400, 401, 404, 405, 408, 411, 413, 414, 415, 417, 431})
"""HTTP statuses of those that are the client's mistakes with which a request may be refused."""
OUR_FAILURES = frozenset({"internal-error", "storage-failed"})
"""Refusals that blame the simulator."""
_MOST_MEMORY = 512 * 1024 * 1024
"""Bytes that the simulator's process may have after any number of requests of a few megabytes."""
_IDENTIFIER = re.compile(rb"MessageID>([0-9a-f-]{36})<")
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REPLIES = frozenset(
    operation.reply for contract in (MESSAGES, CONFIGURATION) for operation in operations(contract).values()
)
_TRUST = "{http://docs.oasis-open.org/ws-sx/ws-trust/200512}RequestSecurityTokenResponseCollection"


@dataclass(frozen=True)
class Served:
    """A running ``aldis serve``; ``keys`` is its folder of keys when it speaks TLS."""

    base: str
    folder: Path
    keys: Path | None
    process: subprocess.Popen[str]

    def line(self) -> Line:
        return Line(self.base, str(self.keys / "ca.pem") if self.keys is not None else None)

    def memory(self) -> int:
        """Most memory that its process ever had, bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@contextmanager
def serving(folder: Path, *, secured: bool) -> Iterator[Served]:
    """Run ``aldis serve``; secured, its plain addresses stand open beside the guarded ones. It must end cleanly."""
    folder.mkdir()
    aldis = Path(sysconfig.get_path("scripts")) / "aldis"
    command = [str(aldis), "serve", "--port", "0", "--clock", CLOCK, "--data", str(folder / "data")]
    keys = folder / "keys" if secured else None
    if keys is not None:
        settings = folder / "security.toml"
        settings.write_text("[call]\nplain = true\n")
        command += ["--security", "username", "--security-settings", str(settings), "--keys", str(keys)]
    log = folder / "serve.log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            ready, _, base = process.stdout.readline().strip().partition(" ")
            assert ready == "ready", log.read_text()
            yield Served(base, folder, keys, process)
        finally:
            process.terminate()
            process.wait(timeout=60)
    assert process.returncode == 0, log.read_text()
    told = f"keys, certificates and passwords: {keys}\n" if keys is not None else ""
    assert log.read_text() == told, "the simulator complained"


@dataclass
class Campaign:
    """What was sent to one server, and what is known of it."""

    served: Served
    seed: int
    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    mutations: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    acknowledged: list[str | None] = field(default_factory=list)
    """Documents of the sent messages that were acknowledged; None where it is not known which."""
    journaled: Counter[int] = field(default_factory=Counter)
    """HTTP statuses of answers that have to have an entry in the journal."""
    unheard: int = 0
    """Requests over TLS that were cut off: nothing can be answered to them, though they may be carried out."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, numbers: range) -> None:
        """Send the requests of these numbers, one after the other; each depends on the seed and its number alone."""
        line = self.served.line()
        genuine = Genuine(load_profile(), self.served.keys, self._post)
        try:
            for number in numbers:
                chance = Random(f"{self.seed} {number}")
                request = genuine.make(chance)
                worsen(chance, request)
                self._send(line, genuine, number, request)
        finally:
            line.close()

    def run_at_once(self, count: int, workers: int) -> None:
        """Send so many requests from several threads."""
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(self.run, [range(number, count, workers) for number in range(workers)]))

    @contextmanager
    def slow_clients(self, count: int) -> Iterator[None]:
        """Meanwhile so many clients send half a request and wait: each must be told that it is too slow."""
        body = b'<?xml version="1.0"?><soap:Envelope'
        head = f"POST {MESSAGES.path}/plain HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\n"
        data = f"{head}Content-Length: 5000\r\n\r\n".encode() + body
        with ThreadPoolExecutor(count) as pool:
            waiting = [pool.submit(self.served.line().ask, [data], fresh=True) for _ in range(count)]
            yield
        for future in waiting:
            answer = future.result()
            assert (answer.status, b"body-too-slow" in answer.body) == (408, True)
            self.journaled[answer.status] += 1

    def _send(self, line: Line, genuine: Genuine, number: int, request: Request) -> None:
        pieces = request.bytes_in_pieces()
        accepted = 0
        for _ in range(2 if request.twice else 1):
            answer: Answer | None = None
            try:
                answer = line.ask(
                    pieces,
                    pause=0.002,
                    close_writing=request.close_writing,
                    fresh=request.fresh,
                    method=request.method,
                )
            except NoAnswer as reason:
                problem = self._silence(request, reason)
            else:
                problem = self._judge(request, answer)
            with self._lock:
                self.sent += 1
                self.mutations.update(request.done or ["none"])
                if answer is not None:
                    self.statuses[answer.status] += 1
            if problem is not None:
                self._report(number, request, pieces, answer, problem)
            if answer is not None and answer.status == 200:
                accepted += 1
                genuine.known += [element.decode() for element in _IDENTIFIER.findall(answer.body)][:20]
                del genuine.known[:-50]
        if request.once and request.done == ["again"] and accepted > 1:
            self._report(number, request, pieces, None, "the same guarded call was accepted twice")

    def _silence(self, request: Request, reason: NoAnswer) -> str | None:
        """No answer is right only where no request ever came, or where TLS cannot give any."""
        if self.served.keys is not None and request.close_writing:
            with self._lock:
                self.unheard += 1
            return None
        return None if "broken_head" in request.done else f"no answer: {reason}"

    def _judge(self, request: Request, answer: Answer) -> str | None:
        """What is wrong with an answer; None when nothing is."""
        kind = answer.content_type.partition(";")[0]
        enveloped = kind == "text/xml" and b"Envelope" in answer.body[:200]
        if not (enveloped or kind in ("application/soap+xml", "multipart/related")):
            return self._judge_page(request, answer)
        try:
            content = _body(answer)
        except (etree.XMLSyntaxError, ValueError, StopIteration) as reason:
            return f"the answer is not SOAP: {reason!r}"
        with self._lock:
            if not request.target.endswith("/mex"):
                self.journaled[answer.status] += 1
        if etree.QName(content).localname == "Fault":
            if answer.status not in REFUSED | {500}:
                return "a fault with this status"
            refusal = content.findtext(".//{urn:aldis-conformance:fault}Refusal")
            if refusal in OUR_FAILURES:
                return f"the simulator failed ({refusal})"
            return "a genuine request was refused" if request.must_pass else None
        if answer.status != 200:
            return "no fault, but not 200"
        if content.tag not in _REPLIES and content.tag != _TRUST:
            return f"{content.tag} is no reply"
        if content.findtext(f"{{{SVC}}}SendMessageResult") == "true":
            known = request.document is not None and request.document.encode() in request.body
            with self._lock:
                self.acknowledged.append(request.document if known and not request.twice else None)
        return None

    def _judge_page(self, request: Request, answer: Answer) -> str | None:
        if request.must_pass and answer.status != 200:
            return "a genuine request was refused"
        if answer.status >= 500:
            return "a 5xx that is no SOAP fault"
        if answer.status >= 400 and answer.status not in REFUSED:
            return "a status that nobody documented"
        return None

    def _report(self, number: int, request: Request, pieces: list[bytes], answer: Answer | None, problem: str) -> None:
        data = b"".join(pieces)
        told = f"{answer.status} {answer.body[:1500]!r}" if answer is not None else "nothing"
        path = self.served.folder / f"request-{self.seed}-{number}.bin"
        path.write_bytes(data)
        with self._lock:
            self.problems.append(
                f"request {number} of seed {self.seed} ({request.name}; {', '.join(request.done) or 'genuine'}): "
                f"{problem}\n  sent (whole in {path}) {data[:1500]!r}\n  answer {told}"
            )

    def _post(self, path: str, body: bytes, content_type: str) -> ClientsAnswer:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}"
        line = self.served.line()
        answer = line.ask([head.encode() + b"\r\n\r\n" + body], fresh=True)
        with self._lock:
            self.journaled[answer.status] += 1
        return ClientsAnswer(answer.status, answer.body)

    def check_health(self) -> None:
        """The simulator still answers rightly, and has not grown without bound."""
        assert self.served.process.poll() is None
        line = self.served.line()
        genuine = Genuine(load_profile(), self.served.keys, self._post)
        for number in range(10):
            request = genuine.make(Random(f"health {number}"))
            if request.must_pass:
                answer = line.ask(request.bytes_in_pieces(), method=request.method)
                assert self._judge(request, answer) is None, answer
        line.close()

    def check_kept(self) -> None:
        """What the stopped simulator has kept: each acknowledged message once, one entry for each call, no incident."""
        with Store.open(self.served.folder / "data") as store:
            entries = list(StoredJournal(store).entries())
            calls = [entry for entry in entries if entry.kind in (Kind.EXCHANGE, Kind.TOKEN)]
            told = [
                call.message_ids[0] for call in calls if call.operation == "SendMessage2" and call.outcome is Outcome.OK
            ]
            with store.reading() as transaction:
                sent = Counter(transaction.connection.scalars(select(messages.c.id)))
                arrived = transaction.connection.execute(
                    select(deliveries.c.message, deliveries.c.recipient, deliveries.c.payload)
                ).all()
                ours = set(told)
                holders: dict[str, set[str]] = {}
                wanted = {each for each in self.acknowledged if each is not None}
                for row in arrived:
                    # ALDIS's own answers name the documents that they are about, too.
                    for found in _UUID.findall(transaction.blob(row.payload)) if row.message in ours else ():
                        if found.decode() in wanted:
                            holders.setdefault(found.decode(), set()).add(row.message)
        assert max(sent.values(), default=1) == 1
        assert max(Counter((row.message, row.recipient) for row in arrived).values(), default=1) == 1
        assert {each: len(holders.get(each, ())) for each in wanted} == dict.fromkeys(wanted, 1)
        assert 0 <= len(told) - len(self.acknowledged) <= self.unheard
        assert set(told) <= sent.keys()
        assert len(set(told)) == len(told)
        entered = Counter(call.http_status for call in calls)
        assert self.journaled - entered == {}
        assert (entered - self.journaled).total() <= self.unheard
        assert [call for call in calls if _unexplained(call)] == []


def fuzz(folder: Path, *, secured: bool, seed: int, count: int, workers: int = 1, slow: int = 0) -> Campaign:
    """Send so many worsened requests to a simulator of their own, and check all that there is to check."""
    with serving(folder, secured=secured) as served:
        campaign = Campaign(served, seed)
        with campaign.slow_clients(slow) if slow else nullcontext():
            campaign.run_at_once(count, workers)
        log = (folder / "serve.log").read_text(encoding="utf-8")
        assert not campaign.problems, "\n\n".join([*campaign.problems[:10], log[-20_000:]])
        campaign.check_health()
        assert served.memory() <= _MOST_MEMORY
    campaign.check_kept()
    return campaign


def _unexplained(entry: Entry) -> bool:
    """Whether a refused call has no cause, or one that is the simulator's own failure."""
    if entry.outcome is Outcome.OK:
        return False
    return not entry.cause or entry.fault_code in OUR_FAILURES or "incident" in entry.details


def _body(answer: Answer) -> etree._Element:
    """The content of an answer's body."""
    data = answer.body
    if answer.content_type.startswith("multipart/related"):
        boundary = re.search('boundary="([^"]+)"', answer.content_type)
        assert boundary is not None
        data = data.split(b"--" + boundary[1].encode())[1].partition(b"\r\n\r\n")[2].rstrip()
    root = etree.fromstring(data, etree.XMLParser(huge_tree=True))
    version = SoapVersion.of_namespace(etree.QName(root).namespace)
    if version is None:
        raise ValueError(f"{root.tag} is no envelope")
    body = root.find(version.tag("Body"))
    if body is None or len(body) != 1:
        raise ValueError("no body, or not one element in it")
    return body[0]


__all__ = ["Campaign", "Served", "fuzz", "serving"]
