"""Test statistics, correlations and coefficients, with what belongs to each."""
