"""What several kinds of analysis infer by: clusters, intervals, permutations, verdicts."""
