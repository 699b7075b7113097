"""Submissions: made from a template, checked, run, verified, and written into a ledger; and maps made elsewhere."""
