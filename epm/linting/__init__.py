"""The application's side of the linter: what surrounds a body, and what to do with its report.

`lint` itself touches no disk. Here bodies, titles, configurations, results and checkouts are
gathered for it; nothing heavy is loaded, as `epm lint` has to answer at once.
"""
