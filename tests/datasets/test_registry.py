from pathlib import Path

import pytest

from algozoo.datasets import dataset_names, load_dataset
from algozoo.errors import InputError


def test_datasets_are_listed_by_name() -> None:
    assert {"betapic", "tiny"} <= set(dataset_names())
    assert dataset_names() == sorted(dataset_names())


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'betapic'"):
        load_dataset("betpic")


def test_opening_a_dataset_downloads_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path / "none"))
    assert load_dataset("betapic").version
    assert not (tmp_path / "none").exists()
