"""Figures for people: maps, limits and sequences."""
