"""Correlation of a condition's outcome with one predictor, or with each of a family."""
