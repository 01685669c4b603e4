"""Differences between conditions: paired, unpaired, and over runs."""
