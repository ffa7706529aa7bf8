"""A set-up file is read strictly: what is wrong is named, and what was probably meant."""

from __future__ import annotations

import pytest

from traylane.policy import setup_file
from traylane.policy.kinds import Setup
from traylane.policy.setup_file import BadSetup


def problems(text: str | bytes) -> list[str]:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(BadSetup) as caught:
        setup_file.read(content)
    return caught.value.details()


def test_an_empty_file_says_nothing() -> None:
    assert setup_file.read(b"") == Setup()


def test_a_row_keeps_what_it_gives_and_nothing_else() -> None:
    read = setup_file.read(b'[[stations]]\ncode = "GEN"\nnonCancel = true\n')
    assert read == Setup({}, {"stations": {"GEN": {"nonCancel": True}}})


def test_what_was_read_is_written_and_read_the_same() -> None:
    setup = Setup(
        {"Modules:Job Tracker": False},
        {"reasons": {"CUS": {"desc": 'says "no" \\ ä', "active": False}}, "customers": {"1001": {"name": "A=[b]"}}},
    )
    assert setup_file.read(setup_file.write(setup).encode()) == setup


def test_every_kind_is_an_array_of_tables() -> None:
    text = setup_file.write(Setup({}, {"reasons": {"CUS": {"desc": "Customer request"}}}))
    assert text == '[[reasons]]\ncode = "CUS"\ndesc = "Customer request"\n'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[station]]\n", 'unknown table "station"; did you mean "stations"?'),
        ("[quux]\n", 'unknown table "quux"'),
        ("[settings]\n'Modules:Job Traker' = true\n", 'did you mean "Modules:Job Tracker"?'),
        ("[settings]\n'Modules:Job Tracker' = 1\n", 'setting "Modules:Job Tracker" must be true or false'),
        ("[settings]\n'Access:Trusted networks' = ['x']\n", "has an entry that is not like"),
        ("settings = 1\n", "settings must be a table: [settings]"),
        ("[stations]\ncode = 'GEN'\n", "stations must be tables: [[stations]]"),
        ("stations = [1]\n", "stations must be tables: [[stations]]"),
        ("[[stations]]\ndesc = 'x'\n", "stations 1: code is missing"),
        (
            "[[stations]]\ncode = 'GEN'\nnoncancel = true\n",
            'stations 1: unknown property "noncancel"; did you mean "nonCancel"?',
        ),
        ("[[stations]]\ncode = 'GEN'\nnonCancel = 'yes'\n", "stations 1: nonCancel must be true or false"),
        ("[[stations]]\ncode = 'GEN'\nsequence = 10000\n", "stations 1: sequence must be a whole number, 0 to 9999"),
        ("[[stations]]\ncode = 'GEN'\nsequence = true\n", "stations 1: sequence must be a whole number, 0 to 9999"),
        ("[[stations]]\ncode = 'GEN'\nsequence = 1.5\n", "stations 1: sequence must be a whole number, 0 to 9999"),
        ("[[stations]]\ncode = 'ABCDEFGHIJK'\n", "stations 1: code must have 1 to 10 printable characters"),
        ("[[stations]]\ncode = ''\n", "stations 1: code must have 1 to 10 printable characters"),
        ('[[stations]]\ncode = "A\\u0000"\n', "stations 1: code must have 1 to 10 printable characters"),
        ("[[stations]]\ncode = ' A'\n", "stations 1: code must not begin or end with a blank"),
        ("[[stations]]\ncode = 7\n", "stations 1: code must have 1 to 10 printable characters"),
        (f"[[reasons]]\ncode = 'A'\ndesc = '{'d' * 41}'\n", "reasons 1: desc must have at most 40 printable"),
        (f"[[reasons]]\ncode = '{'R' * 21}'\n", "reasons 1: code must have 1 to 20 printable characters"),
        ("[[customers]]\nnumber = '123456789'\n", "customers 1: number must have 1 to 8 printable characters"),
        ("[[reasons]]\ncode = 'A'\n[[reasons]]\ncode = 'A'\n", 'reasons 2: "A" comes twice'),
        (
            "[[stations]]\ncode = 'A'\n[[operators]]\ncode = 'A'\n",
            '"A" cannot be a station and an operator',
        ),
        ("[[breakages]]\ncode = 'SCRATCHE'\n", "breakages 1: code must have 1 to 7 printable characters"),
        ("[[employees]]\ncode = 'TAL'\n", "employees 1: code must have 1 to 2 printable characters"),
        ("[[addons]]\ncode = 'A'\nisAR = 0\n", "addons 1: isAR must be true or false"),
        ("this is no TOML", "the file is not TOML"),
        ("[a]\n[a]\n", "the file is not TOML"),
    ],
)
def test_a_bad_file_is_refused_with_a_sentence(text: str, problem: str) -> None:
    (said,) = problems(text)
    assert problem in said


def test_a_file_that_is_not_utf_8_is_refused() -> None:
    assert problems(b"x = '\xff'") == ["the file is not UTF-8 (byte 5)"]


def test_a_huge_file_is_refused() -> None:
    assert problems(b"#" * (4 * 1024 * 1024 + 1)) == ["a set-up file has at most 4 MiB"]


def test_a_deeply_nested_file_is_refused() -> None:
    assert len(problems("x = " + "[" * 100_000)) == 1


def test_too_many_rows_are_refused() -> None:
    rows = "".join(f"[[customers]]\nnumber = '{n}'\n" for n in range(10_001))
    assert problems(rows) == ["customers: at most 10000 of them"]


def test_all_problems_come_at_once() -> None:
    assert len(problems("[[stations]]\ncode = 1\nsequence = 'x'\n[[reason]]\n")) == 3


def test_of_many_problems_20_are_named_and_the_rest_counted() -> None:
    said = problems("".join("[[reasons]]\ncode = ''\n" for _ in range(25)))
    assert len(said) == 21
    assert said[-1] == "and 5 more problems"


def test_a_number_of_thousands_of_digits_is_a_sentence() -> None:
    with pytest.raises(BadSetup) as refused:
        setup_file.read(b"[settings]\nx = " + b"9" * 5_000)
    assert "the file has a number that is too long" in str(refused.value.details())
