"""Golden numbers: what each part of the package computes on fixed input, stored under the version of the part."""
