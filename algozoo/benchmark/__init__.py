"""Running a suite: which trials there are, who runs them, and where the outcomes are kept."""
