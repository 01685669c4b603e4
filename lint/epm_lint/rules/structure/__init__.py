"""Rules for the parts of a result page."""
