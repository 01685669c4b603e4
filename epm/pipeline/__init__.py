"""A run: its stages, what is finished of them, and the results that they end in."""
