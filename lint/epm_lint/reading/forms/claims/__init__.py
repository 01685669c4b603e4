"""What is claimed in words of p-values, intervals, influence and direction."""
