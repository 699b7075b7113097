def test_a_row_that_is_not_there_suggests_the_nearest(algozoo, suite_file, store):
    ended = algozoo("verify", "medien", "--suite", suite_file, *store)
    assert ended.code == 2
    assert "no row is called 'medien'; did you mean 'median'?" in ended.err
