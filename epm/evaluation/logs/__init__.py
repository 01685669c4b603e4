"""Logs of Inspect, read by its own library: for imports, and for tasks that a run evaluated."""
