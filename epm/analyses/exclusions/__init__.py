"""Answers without a score: how many, why, and what they could change."""
