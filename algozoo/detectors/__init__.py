"""The zoo: one module per algorithm, their common contract, and the registry that finds them."""
