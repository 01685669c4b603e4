"""Statistics recomputed from what a page prints: standard library alone, nothing done at import.

`rounding.Printed` is a number as it stands on the page, `consistency` answers whether it can be
right; the other modules are their formulas, one subject each, with their sources.
"""
