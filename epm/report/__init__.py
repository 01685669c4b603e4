"""From results to the issue body: numbers reach the prose through filters alone."""
