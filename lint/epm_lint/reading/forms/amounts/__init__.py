"""Written-out arithmetic, wholes and parts, differences and ratios."""
