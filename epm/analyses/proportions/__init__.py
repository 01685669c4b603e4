"""Rates of conditions, with intervals that know which answers are alike."""
