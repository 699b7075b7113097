from time import process_time
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from algozoo.errors import InputError
from algozoo.toml import Line, Name, Positive, Source, Table, Text, Version, check_table, parse_toml, read_toml


class Planet(Table):
    name: Name
    mass: Positive


class System(Table):
    star: Text
    version: Version
    planets: Annotated[tuple[Planet, ...], Field(strict=False)] = ()


GOOD = """star = "beta Pictoris"
version = "1.2"

[[planets]]
name = "b"
mass = 12.0
"""


def mistakes(path, text: str, model: type[BaseModel] = System) -> list[str]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_toml(path, model)
    return str(refused.value).splitlines()


def test_a_table_is_read(tmp_path):
    (tmp_path / "system.toml").write_text(GOOD)
    assert read_toml(tmp_path / "system.toml", System).planets == (Planet(name="b", mass=12.0),)


def test_all_mistakes_are_told_with_their_place_and_line(tmp_path):
    text = GOOD.replace('"b"', '"Beta b"').replace("12.0", "-1.0") + "colour = 3\n"
    head, *told = mistakes(tmp_path / "system.toml", text)
    assert head == f"{tmp_path / 'system.toml'}: 3 mistakes"
    assert told == [
        "  planets[0].name = 'Beta b': expected lower-case letters, digits and hyphens (line 5)",
        "  planets[0].mass = -1.0: expected more than 0 (line 6)",
        "  planets[0].colour = 3: no such field; correct its name or remove it (line 7)",
    ]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (r"a\u001b[31m", "text without control characters"),
        (r"a\u202eb", "text without control characters"),
        (r"a\nREADY", "one line of at most 300 characters"),
        ("a" * 301, "one line of at most 300 characters"),
    ],
)
def test_text_that_could_forge_output_is_refused_with_its_line(tmp_path, title, expected):
    class Titled(Table):
        title: Line

    _, told = mistakes(tmp_path / "mine.toml", f'title = "{title}"\n', Titled)
    assert expected in told
    assert told.endswith("(line 1)")
    assert "\x1b" not in told
    assert "\u202e" not in told


def test_what_is_missing_has_the_line_of_its_table(tmp_path):
    assert mistakes(tmp_path / "system.toml", GOOD.replace("mass = 12.0\n", ""))[1:] == [
        "  planets[0].mass: missing; add it (line 4)"
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("flag = 1", "flag = 1: expected true or false (line 1)"),
        ("few = []", "few: expected 1 or more values, found 0 (line 1)"),
        ("few = [1, 2, 3]", "few: expected 2 or fewer values, found 3 (line 1)"),
        ("share = 1.5", "share = 1.5: expected 1 or less (line 1)"),
        ("share = nan", "share = nan: expected a finite number (line 1)"),
        ("name = ''", "name = '': expected 1 or more characters (line 1)"),
        ("value = []", "value: expected true or false or an integer or text in quotes (line 1)"),
        ("way = 'left'", "way = 'left': expected 'up' or 'down' (line 1)"),
        ("values.int = 0.5", "values.int = 0.5: expected an integer (line 1)"),
    ],
)
def test_mistakes_are_told_in_plain_words_and_once(tmp_path, text, told):
    class Varied(Table):
        flag: bool = True
        few: list[int] = Field(default=[1], min_length=1, max_length=2)
        share: Annotated[float, Field(ge=0, le=1)] = 0.5
        name: Text = "a"
        value: bool | int | str = 1
        way: Literal["up", "down"] = "up"
        values: dict[str, int] = Field(default_factory=dict)

    assert mistakes(tmp_path / "varied.toml", text, Varied) == [f"{tmp_path / 'varied.toml'}: 1 mistake", f"  {told}"]


def test_a_file_that_is_no_text_or_not_there_is_named(tmp_path):
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"bad\.toml: is not text in UTF-8"):
        parse_toml(tmp_path / "bad.toml")
    with pytest.raises(InputError, match=r"none\.toml: cannot be read \(No such file"):
        parse_toml(tmp_path / "none.toml")


DOCUMENTS = st.recursive(
    st.one_of(st.integers(), st.floats(), st.booleans(), st.text(max_size=5)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from(["star", "version", "planets", "other"]), DOCUMENTS))
def test_any_document_is_a_table_or_refused_with_its_origin(document: dict[str, Any]):
    try:
        made = check_table(Source("the manifest", document), System)
    except InputError as refused:
        assert str(refused).startswith("the manifest: ")  # noqa: PT017 - most documents are refused
    else:
        assert made.star == document["star"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = " + "9" * 5000, "expected integers of at most 256 bits"),
        ("a = 0x" + "f" * 5000, "expected integers of at most 256 bits"),
        ("a = " + "[" * 5000, "nested too deeply"),
        ("a = " + "{a = " * 100 + "1" + "}" * 100, "nested too deeply"),
        (".".join(["a"] * 1000) + " = 1", "a key has more than 32 parts"),
        ("['b c' " + ". 'b c'" * 1000 + "]", "a key has more than 32 parts"),
        ("# " + "x" * 2**18, "has more than 0.25 MiB of text"),
    ],
)
def test_text_that_nobody_writes_by_hand_is_refused(tmp_path, text, expected):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(InputError, match=f"a.toml: .*{expected}"):
        parse_toml(tmp_path / "a.toml")


def test_mistakes_of_long_files_are_located_in_linear_time(tmp_path):
    lines = [f'[[planets]]\nname = """\nb{number}"""\n' for number in range(3000)]
    start = process_time()
    told = mistakes(tmp_path / "long.toml", "".join(lines) + "a = 1\n")
    assert process_time() - start < 2
    assert told[0].endswith("mistakes")
    assert "planets[0].mass: missing; add it (line 1)" in told[3]
    assert "planets[1].mass: missing; add it (line 4)" in told[4]
    assert told[-1].endswith(" more")


def test_the_line_is_that_of_the_statement_however_it_is_written(tmp_path):
    text = """# [[planets]]
star = '#'
planets = [
    { name = "b", mass = 1.0 }, # ]
    { name = "C", mass = 1.0 },
]
[other]
"a.b".c.d = [[1], "]"]
e = QQQ
[x]QQQ
f = 1
""".replace("QQQ", "'" * 3)
    told = mistakes(tmp_path / "a.toml", text)[1:]
    assert [line.rpartition("(")[2] for line in told if "missing" not in line] == ["line 3)", "line 7)"]


def test_names_of_fields_forge_no_line(tmp_path):
    told = mistakes(tmp_path / "a.toml", '"x\\u001b[2J\\nREADY" = 1\n' + GOOD)
    assert len(told) == 2
    assert "\x1b" not in told[1]
