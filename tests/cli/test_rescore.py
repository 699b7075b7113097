import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from algozoo.cli import cli


def board(rank: int) -> pd.DataFrame:
    sizes = {"n_injected": 8, "n_empty": 2, "n_failed": 0}
    return pd.DataFrame(
        [{"dataset": "tiny", "detector": "pca", "control": False, "rank": rank, "partial_auc": 0.5, **sizes}]
    )


def test_rescore_prints_the_moves_since_the_site_and_runs_no_detector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "site" / "data"
    data.mkdir(parents=True)
    board(2).to_csv(data / "tiny-board.csv", index=False)

    def build(*_: object) -> Path:
        shutil.rmtree(data)
        data.mkdir()
        board(1).to_csv(data / "tiny-board.csv", index=False)
        return data

    monkeypatch.setattr("algozoo.leaderboard.build_site", build)
    arguments = ["rescore", "quick", "--store", str(tmp_path), "--site", str(tmp_path / "site"), "--format", "csv"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    header, line = result.output.splitlines()
    assert header == "dataset,detector,before,after,reason"
    assert line.startswith('tiny,pca,2,1,"same partial AUC')
