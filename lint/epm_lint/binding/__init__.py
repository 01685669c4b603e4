"""Numbers bound to results: a manifest at the body's end, and how the body is held to it."""
