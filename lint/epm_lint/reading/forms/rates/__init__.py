"""Counts, rates and means, with what they are of and what stands behind them."""
