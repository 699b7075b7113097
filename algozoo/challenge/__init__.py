"""Counters of earlier comparisons, kept so that old numbers can be checked: for comparison, never for rank."""
