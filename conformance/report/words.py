"""The words of the reports for people, in Latvian and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.report.events import Breach, RequirementInfo, Status, Waiver
from conformance.report.summary import Outcome, WaiverFault


@dataclass(frozen=True, slots=True)
class Noun:
    """A counted noun. Latvian uses the singular for 1, 21, 31 ..., but not for 11."""

    one: str
    many: str
    latvian: bool = False

    def counted(self, number: int) -> str:
        """``1 scenario``, ``2 scenarios``."""
        single = number % 10 == 1 and number % 100 != 11 if self.latvian else number == 1
        return f"{number} {self.one if single else self.many}"


@dataclass(frozen=True, slots=True)
class Words:
    """All that a report says in one language."""

    language: str
    chapters: Mapping[str, str]
    status: Mapping[Status, str]
    basis: Mapping[str, str]
    level: Mapping[str, str]
    outcome: Mapping[Outcome, str]
    scenario: Noun
    requirement_of: Noun
    scenario_of: Noun
    broken: Noun
    warning: Noun
    place: Noun
    retailer: str
    profile: str
    security: str
    seed: str
    chapter: str
    result: str
    happened: str
    expected: str
    where: str
    entry: str
    source: str
    remedy: str
    reason: str
    hold: str
    not_tested_hint: str
    warning_hint: str
    no_success: str
    failed_scenarios: str
    untested_scenarios: str
    and_more: str
    harness_title: str
    harness_hint: str
    driver_log: str
    more: str
    tested_line: str
    files: str
    playing: str
    exit_code: str
    intro: str
    conclusion: Mapping[Outcome, str]
    played: str
    passed_of: str
    waived_until: str
    waiver_expired: str
    waiver_stale: str

    def waiver_fault(self, waiver: Waiver, fault: WaiverFault) -> str:
        """Why a waiver fails the run."""
        words = self.waiver_expired if fault is WaiverFault.EXPIRED else self.waiver_stale
        return words.format(id=waiver.requirement, until=waiver.until, reason=waiver.reason)

    def pick(self, lv: str, en: str) -> str:
        """The text of this language."""
        return lv if self.language == "lv" else en

    def text(self, info: RequirementInfo) -> str:
        """A requirement in this language."""
        return info.text_lv if self.language == "lv" else info.text_en

    def remedy_of(self, info: RequirementInfo) -> str:
        """What to do about a broken requirement."""
        return info.remedy_lv if self.language == "lv" else info.remedy_en

    def message(self, breach: Breach) -> str:
        """What happened."""
        return breach.message_lv if self.language == "lv" else breach.message_en

    def expectation(self, breach: Breach) -> str:
        """What should have happened; English where nothing was said in Latvian."""
        return (breach.expected_lv or breach.expected) if self.language == "lv" else breach.expected


ENGLISH = Words(
    language="en",
    chapters={
        "XML": "documents",
        "DIT": "data distribution network",
        "SEC": "security",
        "FTP": "folders",
        "CON": "contracts",
        "DIS": "discounts",
        "PAY": "payouts",
        "CAL": "due days",
        "ERR": "errors and resending",
        "PRI": "whose data",
        "DRV": "driver",
    },
    status={
        Status.PASSED: "holds",
        Status.FAILED: "FAILED",
        Status.WARNED: "warning",
        Status.WAIVED: "waived",
        Status.NOT_TESTED: "not tested",
        Status.ERROR: "harness error",
    },
    basis={"documented": "documented", "inferred": "inferred", "assumed": "assumed"},
    level={"must": "must", "should": "should"},
    outcome={
        Outcome.PASSED: "PASSED",
        Outcome.FAILED: "FAILED",
        Outcome.HARNESS_FAILED: "THE HARNESS FAILED",
        Outcome.NOTHING_TESTED: "NOTHING WAS TESTED",
    },
    scenario=Noun("scenario", "scenarios"),
    requirement_of=Noun("requirement", "requirements"),
    scenario_of=Noun("scenario", "scenarios"),
    broken=Noun("broken", "broken"),
    warning=Noun("warning", "warnings"),
    place=Noun("more place", "more places"),
    retailer="Retailer",
    profile="Profile",
    security="Security",
    seed="Seed",
    chapter="Chapter",
    result="Result",
    happened="What happened",
    expected="Expected",
    where="Where",
    entry="journal entry {number}",
    source="Source",
    remedy="What to do",
    reason="Reason",
    hold="{count} hold",
    not_tested_hint="The scenarios that were played gave no occasion to judge these:",
    warning_hint="A warning is a broken requirement that is only recommended, or only assumed: not known publicly.",
    no_success="the retailer could not carry this scenario through",
    failed_scenarios="Scenarios that failed without a broken rule",
    untested_scenarios="Scenarios that were not tested",
    and_more="and {count} more",
    harness_title="The harness failed",
    harness_hint="This is not the retailer's fault, and nothing said above about the retailer can be relied on.",
    driver_log="The end of the driver's error output",
    more="and {places}: {scenarios}",
    tested_line="{tested} of {all} tested",
    files="Report files",
    playing="Playing",
    exit_code="exit code {code}",
    intro="Each scenario made traffic between this system and the simulated state; the rules judged all of it.",
    conclusion={
        Outcome.PASSED: "All that was tested and is required holds.",
        Outcome.FAILED: "The retailer's system does not do all that is required; "
        "each broken requirement says what to do.",
        Outcome.HARNESS_FAILED: "Nothing can be said of the retailer's system.",
        Outcome.NOTHING_TESTED: "There was no occasion to judge anything: the selection matches no scenario, or the "
        "driver can do too little.",
    },
    played="Played",
    passed_of="{passed} of {all} passed",
    waived_until="waived until {until}: {reason}",
    waiver_expired="the waiver of {id} expired on {until} ({reason}); mend what it allows, or agree on a new day",
    waiver_stale="the waiver of {id} is no longer needed, the requirement holds; take it out of the file",
)

LATVIAN = Words(
    language="lv",
    chapters={
        "XML": "dokumenti",
        "DIT": "datu izplatīšanas tīkls",
        "SEC": "drošība",
        "FTP": "mapes",
        "CON": "līgumi",
        "DIS": "atlaides",
        "PAY": "izmaksas",
        "CAL": "termiņi",
        "ERR": "kļūdas un atkārtota sūtīšana",
        "PRI": "kam pieder dati",
        "DRV": "draiveris",
    },
    status={
        Status.PASSED: "izpildīta",
        Status.FAILED: "PĀRKĀPUMS",
        Status.WARNED: "brīdinājums",
        Status.WAIVED: "atlikta",
        Status.NOT_TESTED: "bez pārbaudes",
        Status.ERROR: "pārbaudes rīka kļūda",
    },
    basis={"documented": "dokumentēts", "inferred": "izsecināts", "assumed": "pieņemts"},
    level={"must": "obligāti", "should": "ieteicams"},
    outcome={
        Outcome.PASSED: "IZTURĒTS",
        Outcome.FAILED: "NAV IZTURĒTS",
        Outcome.HARNESS_FAILED: "PĀRBAUDES RĪKA KĻŪDA",
        Outcome.NOTHING_TESTED: "NEKAS NAV PĀRBAUDĪTS",
    },
    scenario=Noun("scenārijs", "scenāriji", latvian=True),
    requirement_of=Noun("prasības", "prasībām", latvian=True),
    scenario_of=Noun("scenārija", "scenārijiem", latvian=True),
    broken=Noun("pārkāpta", "pārkāptas", latvian=True),
    warning=Noun("brīdinājums", "brīdinājumi", latvian=True),
    place=Noun("cita vieta", "citas vietas", latvian=True),
    retailer="Tirgotājs",
    profile="Profils",
    security="Drošība",
    seed="Sākumvērtība",
    chapter="Nodaļa",
    result="Rezultāts",
    happened="Kas notika",
    expected="Gaidīts",
    where="Kur",
    entry="žurnāla ieraksts {number}",
    source="Avots",
    remedy="Ko darīt",
    reason="Iemesls",
    hold="izpildītas: {count}",
    not_tested_hint="Izspēlētie scenāriji nedeva iespēju par šo spriest:",
    warning_hint="Brīdinājums ir neizpildīta prasība, kas ir tikai ieteicama vai tikai pieņemta (publiska avota nav).",
    no_success="tirgotājs šo scenāriju nevarēja izpildīt līdz galam",
    failed_scenarios="Scenāriji, kas neizdevās, lai gan neviens noteikums nav pārkāpts",
    untested_scenarios="Nepārbaudītie scenāriji",
    and_more="un vēl {count}",
    harness_title="Pārbaudes rīka kļūda",
    harness_hint="Tā nav tirgotāja vaina, un uz iepriekš par tirgotāju teikto nevar paļauties.",
    driver_log="Draivera kļūdu izvades beigas",
    more="un vēl {places}: {scenarios}",
    tested_line="pārbaudītas: {tested} no {all}",
    files="Atskaites faili",
    playing="Izspēlē",
    exit_code="izejas kods {code}",
    intro="Katrs scenārijs radīja datu plūsmu starp šo sistēmu un simulēto valsts pusi; pēc tās izvērtētas prasības.",
    conclusion={
        Outcome.PASSED: "Viss pārbaudītais un obligātais ir izpildīts.",
        Outcome.FAILED: "Tirgotāja sistēma neizpilda visu obligāto; pie katras pārkāptās prasības norādīts, ko darīt.",
        Outcome.HARNESS_FAILED: "Par tirgotāja sistēmu neko nevar secināt.",
        Outcome.NOTHING_TESTED: "Nebija iespējas neko izvērtēt: atlasei neatbilst neviens scenārijs vai draiveris spēj "
        "pārāk maz.",
    },
    played="Izspēlēts",
    passed_of="izdevās {passed} no {all}",
    waived_until="atlikta līdz {until}: {reason}",
    waiver_expired="prasības {id} atlikšanas termiņš {until} ir pagājis ({reason}); novērsiet pārkāpumu vai "
    "vienojieties par jaunu termiņu",
    waiver_stale="prasības {id} atlikšana vairs nav vajadzīga, prasība ir izpildīta; izņemiet to no faila",
)


def words(language: str) -> Words:
    """The words of a language: ``lv`` or ``en``; raises ValueError for another."""
    for each in (ENGLISH, LATVIAN):
        if each.language == language:
            return each
    raise ValueError(f"reports are written in lv and en, not in {language!r}")
