"""The leaderboard: a static site made from the store. It reads results and never runs a detector."""

from algozoo.leaderboard.site import build_site

__all__ = ["build_site"]
