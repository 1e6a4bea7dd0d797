"""Content models: sequences, choices, all, groups, occurrences, mixed content."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.payloads.engine.checking import Checked, tags


def of(folder: Path, model: str, more: str = "", mixed: str = "false") -> Checked:
    return Checked(
        folder, f'<xs:element name="e"><xs:complexType mixed="{mixed}">{model}</xs:complexType></xs:element>{more}'
    )


def one(name: str, occurs: str = "") -> str:
    return f'<xs:element name="{name}" type="xs:boolean" {occurs}/>'


def test_a_sequence_keeps_its_order(tmp_path: Path) -> None:
    checked = of(tmp_path, f"<xs:sequence>{one('a')}{one('b')}</xs:sequence>")
    assert {tags(document) for document in checked.documents()} == {"a b"}
    assert checked.smallest() == "<e><a>false</a><b>false</b></e>"


def test_what_is_optional_comes_and_stays_away(tmp_path: Path) -> None:
    optional = 'minOccurs="0"'
    checked = of(tmp_path, f"<xs:sequence>{one('a', optional)}{one('b', optional)}</xs:sequence>")
    assert {tags(document) for document in checked.documents()} == {"", "a", "b", "a b"}
    assert checked.smallest() == "<e/>"


def test_occurrences_reach_both_ends(tmp_path: Path) -> None:
    within = 'minOccurs="2" maxOccurs="4"'
    checked = of(tmp_path, f"<xs:sequence>{one('a', within)}</xs:sequence>")
    assert {len(document) for document in checked.documents()} == {2, 3, 4}


def test_what_comes_without_end_comes_several_times(tmp_path: Path) -> None:
    unbounded = 'minOccurs="0" maxOccurs="unbounded"'
    checked = of(tmp_path, f"<xs:sequence>{one('a', unbounded)}</xs:sequence>")
    # What is drawn hangs on what else is loaded: three may be missing where five is there.
    counts = {len(document) for document in checked.documents(100)}
    assert {0, 1, 2} <= counts
    assert max(counts) > 2
    assert tags(checked.reach(lambda document: len(document) >= 3)) == "a a a"


def test_what_must_not_come_never_does(tmp_path: Path) -> None:
    never = 'minOccurs="0" maxOccurs="0"'
    checked = of(tmp_path, f"<xs:sequence>{one('a', never)}{one('b')}</xs:sequence>")
    assert {tags(document) for document in checked.documents()} == {"b"}


def test_each_branch_of_a_choice(tmp_path: Path) -> None:
    twins = f"<xs:sequence>{one('c')}{one('d')}</xs:sequence>"
    checked = of(tmp_path, f"<xs:choice>{twins}{one('a')}{one('b')}</xs:choice>")
    assert {tags(document) for document in checked.documents()} == {"a", "b", "c d"}
    assert checked.smallest() == "<e><a>false</a></e>"


def test_a_choice_that_comes_again_mixes_its_branches(tmp_path: Path) -> None:
    checked = of(tmp_path, f'<xs:choice maxOccurs="3">{one("a")}{one("b")}</xs:choice>')
    assert {"a", "b", "a b", "b a", "a a"} <= {tags(document) for document in checked.documents(400)}


def test_an_optional_branch_is_empty_and_full(tmp_path: Path) -> None:
    optional = 'minOccurs="0"'
    checked = of(tmp_path, f"<xs:choice>{one('a', optional)}{one('b')}</xs:choice>")
    assert {tags(document) for document in checked.documents()} == {"", "a", "b"}


def test_all_in_any_order(tmp_path: Path) -> None:
    optional = 'minOccurs="0"'
    checked = of(tmp_path, f"<xs:all>{one('a')}{one('b')}{one('c', optional)}</xs:all>")
    orders = {tags(document) for document in checked.documents(150)}
    assert {"a b", "b a", "a b c", "c b a", "b c a"} <= orders
    assert checked.smallest() == "<e><a>false</a><b>false</b></e>"


def test_all_that_is_optional_as_a_whole(tmp_path: Path) -> None:
    checked = of(tmp_path, f'<xs:all minOccurs="0">{one("a")}</xs:all>')
    assert {tags(document) for document in checked.documents()} == {"", "a"}


def test_a_group_by_reference_with_occurrences_of_its_own(tmp_path: Path) -> None:
    group = f'<xs:group name="pair"><xs:sequence>{one("a")}{one("b")}</xs:sequence></xs:group>'
    checked = of(
        tmp_path,
        f'<xs:sequence><xs:group ref="pair" minOccurs="0" maxOccurs="2"/>{one("c")}</xs:sequence>',
        group,
    )
    assert {tags(document) for document in checked.documents()} == {"c", "a b c", "a b a b c"}


def test_groups_inside_groups(tmp_path: Path) -> None:
    inner = f'<xs:choice minOccurs="0" maxOccurs="unbounded">{one("a")}<xs:sequence>{one("b")}{one("c")}</xs:sequence></xs:choice>'
    checked = of(tmp_path, f"<xs:sequence>{inner}{one('d')}</xs:sequence>")
    assert tags(checked.reach(lambda document: "b c a" in tags(document))) == "b c a d"


def test_empty_content(tmp_path: Path) -> None:
    assert of(tmp_path, "").smallest() == "<e/>"
    assert {tags(document) for document in of(tmp_path, "<xs:sequence/>").documents(5)} == {""}


def test_mixed_content_has_text_at_every_gap(tmp_path: Path) -> None:
    checked = of(tmp_path, f"<xs:sequence>{one('a')}{one('b')}</xs:sequence>", mixed="true")
    assert checked.smallest() == "<e><a>false</a><b>false</b></e>"
    checked.reach(lambda document: document.text)
    checked.reach(lambda document: document[0].tail)
    checked.reach(lambda document: document[1].tail)


def test_mixed_content_without_elements(tmp_path: Path) -> None:
    checked = of(tmp_path, "", mixed="true")
    checked.reach(lambda document: document.text)
    assert checked.smallest() == "<e/>"


@pytest.mark.parametrize("names", [40, 150])
def test_a_wide_model_keeps_the_health_of_hypothesis(tmp_path: Path, names: int) -> None:
    optional = 'minOccurs="0" maxOccurs="unbounded"'
    checked = of(
        tmp_path, f"<xs:sequence>{''.join(one(f'n{number}', optional) for number in range(names))}</xs:sequence>"
    )
    assert any(len(document) > 5 for document in checked.documents(40))
    assert checked.smallest() == "<e/>"


def test_many_required_elements_keep_the_health_of_hypothesis(tmp_path: Path) -> None:
    many = 'minOccurs="700" maxOccurs="unbounded"'
    record = f"<xs:complexType><xs:sequence>{one('a')}</xs:sequence><xs:attribute name='b' type='xs:string' use='required'/></xs:complexType>"
    checked = of(tmp_path, f'<xs:sequence><xs:element name="r" {many}>{record}</xs:element></xs:sequence>')
    assert all(len(document) >= 700 for document in checked.documents(10))
