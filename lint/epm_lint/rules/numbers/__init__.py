"""Rules that recompute: they ask for statements, and never look at text."""
