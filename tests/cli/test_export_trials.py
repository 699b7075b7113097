def test_a_dataset_that_the_suite_has_not_is_told(algozoo, tmp_path):
    ended = algozoo("export-trials", tmp_path / "out", "--dataset", "tiny")
    assert ended.code == 2
    assert "suite quick has no dataset tiny; it has naco-lp, sphere-h, betapic" in ended.err
