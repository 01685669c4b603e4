"""The same work done the seed's way and ours, stage by stage: `python -m benchmarks.scale`."""
