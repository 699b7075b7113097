def test_open_without_a_site_says_what_makes_it(algozoo, tmp_path):
    ended = algozoo("leaderboard", "open", "--site", tmp_path)
    assert ended.code == 2
    assert f"{tmp_path / 'quick' / 'index.html'} does not exist" in ended.err
    assert "algozoo leaderboard build quick" in ended.err
