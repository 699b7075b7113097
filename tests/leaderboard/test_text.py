import numpy as np
import pytest

from algozoo.leaderboard.text import NOTHING, doi, duration, fixed, limit, prose, scientific, slugs


def test_numbers_are_written_for_people() -> None:
    assert fixed(-0.126) == "\N{MINUS SIGN}0.13"
    assert fixed(None) == NOTHING
    assert scientific(3.2e-4) == "3.2 \N{MULTIPLICATION SIGN} 10⁻⁴"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (4e-5, "< 0.001"),
        (0.02481, "0.025"),
        (0.5, "0.50"),
        (1.34, "1.3"),
        (13.4, "13"),
        (1349, "1300"),
        (None, NOTHING),
    ],
)
def test_seconds_have_two_significant_digits(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("Soummer et al. 2012, ApJL 755, L28, doi:10.1088/2041-8205/755/2/L28", "10.1088/2041-8205/755/2/L28"),
        ("See https://doi.org/10.1051/0004-6361/201628767.", "10.1051/0004-6361/201628767"),
        ("AlgoZoo", None),
    ],
)
def test_a_doi_is_found_in_a_reference(reference: str, found: str | None) -> None:
    assert doi(reference) == found


def test_each_label_has_a_file_name_of_its_own_that_any_system_takes() -> None:
    labels = ["pca", "PCA", "pca(n=5)", "pca(n=5)!", "../../etc", "\N{GREEK SMALL LETTER BETA}", "a/b"]
    names = slugs(labels)
    assert set(names) == set(labels)
    assert len({name.lower() for name in names.values()}) == len(labels)
    assert all(name.replace("-", "").replace("_", "").replace(".", "").isalnum() for name in names.values())
    assert not any(name.startswith(".") for name in names.values())


@pytest.mark.parametrize(
    ("low", "high", "status", "text"),
    [
        (1.26e-5, 3.4e-4, "ok", "2.0 [1.3, 34] \N{MULTIPLICATION SIGN} 10⁻⁵"),
        (3.2e-6, 1.23e-3, "ok", "2.0 [0.32, 120] \N{MULTIPLICATION SIGN} 10⁻⁵"),
        (0.0, 4e-5, "ok", f"2.0 [{NOTHING}, 4.0] \N{MULTIPLICATION SIGN} 10⁻⁵"),
        (1e-5, np.inf, "no upper bound", f"> {scientific(1e-5)}"),
        (0.0, np.inf, "no upper bound", "no upper bound"),
        (1e-5, np.inf, "not reached", "not reached"),
    ],
)
def test_a_limit_without_an_upper_bound_is_told_by_its_lower_one(low, high, status, text):
    assert limit({"contrast": 2e-5, "low": low, "high": high, "status": status}) == text


def test_prose_sets_names_as_code_and_lets_no_markup_in() -> None:
    assert prose("Behind `sphere-h`: a <b> & `c<d`.") == (
        "Behind <code>sphere-h</code>: a &lt;b&gt; &amp; <code>c&lt;d</code>."
    )
