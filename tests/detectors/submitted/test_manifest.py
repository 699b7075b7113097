import pytest

from algozoo.detectors.submitted.detector import submitted_class
from algozoo.detectors.submitted.manifest import read_submission
from algozoo.errors import InputError

MANIFEST = """name = "mine"
title = "Mean over scatter"
authors = ["A. Person"]
reference = "in preparation"
licence = "MIT"
kind = "ratio"

[parameters.softening]
default = 1.0
grid = [0.5, 1, 2]
description = "Added to the scatter."
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str = MANIFEST):
        folder = tmp_path / "mine"
        folder.mkdir()
        (folder / "submission.toml").write_text(text)
        (folder / "detector.py").write_text("raise RuntimeError('imported')")
        return folder

    return write


def test_a_manifest_says_all_without_the_code_being_imported(write):
    submission = read_submission(write())
    assert submission.parameters["softening"].default == 1.0
    assert submission.parameters["softening"].type == int | float
    assert submission.needs.memory_mb == 2048
    assert not submission.supervised
    assert submission.reproducible
    assert read_submission.__module__ == "algozoo.detectors.submitted.manifest"


def test_a_manifest_may_declare_that_its_maps_do_not_reproduce(write):
    folder = write(MANIFEST.replace('"ratio"\n', '"ratio"\nreproducible = false\n'))
    assert not read_submission(folder).reproducible
    assert not submitted_class(folder).reproducible


def test_all_mistakes_are_told_at_once_each_with_its_line(write):
    text = (
        MANIFEST.replace('licence = "MIT"\n', "")
        .replace('["A. Person"]', "[\n  ]")
        .replace("[0.5, 1, 2]", '[0.5, "one"]')
        .replace('"ratio"', '"sigma"')
        + 'colour = "red"\n[needs]\nminutes = 0\n'
    )
    with pytest.raises(InputError) as refusal:
        read_submission(write(text))
    first, *mistakes = str(refusal.value).splitlines()
    assert first.endswith("submission.toml: 6 mistakes")
    for mistake, expected in zip(
        mistakes,
        (
            ("authors", "(line 3)"),
            ("licence: missing; add it", ""),
            ("kind = 'sigma'", "(line 6)"),
            ("parameters.softening.grid", "kind of the default, 1.0 (line 10)"),
            ("parameters.softening.colour", "(line 12)"),
            ("needs.minutes", "expected more than 0 (line 14)"),
        ),
        strict=True,
    ):
        assert expected[0] in mistake
        assert mistake.endswith(expected[1])


@pytest.mark.parametrize(
    ("requirement", "mistake"),
    [
        ("numpy", "one pinned version"),
        ("numpy>=2", "one pinned version"),
        ("numpy==2.*", "one pinned version"),
        ("numpy @ https://example.org/numpy.whl", "one pinned version"),
        ("-r other.txt", "expected a requirement such as"),
        ("--index-url=x", "expected a requirement such as"),
    ],
)
def test_requirements_are_packages_pinned_to_one_version(write, requirement, mistake):
    head, table = MANIFEST.split("\n[", 1)
    with pytest.raises(InputError, match=mistake):
        read_submission(write(f'{head}requirements = ["{requirement}"]\n[{table}'))


@pytest.mark.parametrize("name", ["cube", "psf", "lambda", "_x", "'two words'"])
def test_a_parameter_has_a_name_of_its_own(write, name):
    with pytest.raises(InputError, match="expected a"):
        read_submission(write(MANIFEST.replace("softening", name)))


def test_the_name_is_that_of_the_folder(write):
    with pytest.raises(InputError, match="name = 'pca': expected that of its folder, 'mine'"):
        read_submission(write(MANIFEST.replace('"mine"', '"pca"')))


@pytest.mark.parametrize("file", ["submission.toml", "detector.py"])
def test_a_folder_without_its_files_is_no_submission(write, file):
    folder = write()
    (folder / file).unlink()
    with pytest.raises(InputError, match=rf"has no {file}; a submission is a folder with"):
        read_submission(folder)
