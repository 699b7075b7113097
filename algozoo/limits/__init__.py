"""Detection limits: contrast curves, completeness, and whether they close."""
