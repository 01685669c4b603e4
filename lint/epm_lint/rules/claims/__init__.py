"""Rules for what a page claims in words."""
