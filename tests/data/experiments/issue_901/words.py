"""Polite words; and letters that a toy model's answers hold."""

WORDS = ("please", "e", "t")
