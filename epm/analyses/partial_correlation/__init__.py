"""Correlation of an outcome with a predictor, other predictors taken out of both."""
