"""Run third-party code: confined, with an allowance of time and memory, and without memory of earlier runs."""
