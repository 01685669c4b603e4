"""Agreement of two metrics, such as two judges, on the same answers."""
