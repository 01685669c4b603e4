"""The same training and sampling in several ways, side by side: `python -m benchmarks.scale`."""
