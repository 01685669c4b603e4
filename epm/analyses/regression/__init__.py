"""Least squares of an outcome on a predictor, and where a further condition may fall."""
