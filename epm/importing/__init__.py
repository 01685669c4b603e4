"""Results that were made elsewhere, brought into the form of a run.

A reader (`inspect_logs`, `lm_eval`, `table`, `own_json`) turns files into what was `Found`;
`folder` analyses that and writes a run folder, to be rendered, linted and published as any other.
"""
