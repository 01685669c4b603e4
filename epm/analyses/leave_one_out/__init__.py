"""What a relation would be without each condition, or each group of them."""
