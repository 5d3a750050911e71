"""Bulletins (简报): text whose every figure opens to its records, and which is not issued otherwise."""
