import csv
import io
import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algozoo.cli.options import print_numbers, print_table, read_companion, read_detector
from algozoo.errors import InputError


@given(st.integers(1, 30), st.sampled_from(["own", "both", "reference"]))
def test_settings_are_read_as_python_writes_them_or_as_text(n, library):
    made = read_detector("pca", [f"n_components={n!r}", f"library={library}"])
    assert (made.n_components, made.library) == (n, library)


def test_a_setting_without_a_value_and_a_control_are_refused():
    with pytest.raises(InputError, match="--parameter 'n_components': expected NAME=VALUE"):
        read_detector("pca", ["n_components"])
    with pytest.raises(InputError, match="blank is a control of the board"):
        read_detector("blank", [])


def test_a_companion_is_read_with_its_place_on_the_sky(make_sequence):
    companion = read_companion("0.2,90,1e-3", make_sequence())
    assert companion.to_sky(make_sequence()) == pytest.approx((0.2, 90))
    assert companion.contrast == 1e-3
    for text in ("0.2,90", "near", "0.2,90,1e-3,4"):
        with pytest.raises(InputError, match="expected SEPARATION,ANGLE,CONTRAST"):
            read_companion(text, make_sequence())


def test_all_formats_hold_the_same_table(capsys):
    rows = [("pca", 1), ('a "quoted", name', 2)]
    for style in ("json", "csv", "table"):
        print_table(("name", "number"), rows, style)
        printed = capsys.readouterr().out
        if style == "json":
            assert [tuple(row.values()) for row in json.loads(printed)] == rows
        elif style == "csv":
            assert [tuple(row) for row in csv.reader(io.StringIO(printed))][1:] == [(name, str(n)) for name, n in rows]
        else:
            assert [line.split()[0] for line in printed.splitlines()] == ["name", "pca", "a"]


def test_what_is_not_a_number_is_null_or_a_dash(capsys):
    table = pd.DataFrame({"contrast": [1.23456e-4, float("nan")]})
    print_numbers(table, "json")
    assert json.loads(capsys.readouterr().out) == [{"contrast": 1.235e-4}, {"contrast": None}]
    print_numbers(table, "table")
    assert capsys.readouterr().out.split() == ["contrast", "0.0001235", "-"]
