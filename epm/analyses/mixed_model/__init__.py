"""Counts by condition, training and item, each with its own variance: a binomial mixed model."""
