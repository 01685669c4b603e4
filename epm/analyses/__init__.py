"""One room a kind of analysis, five faces each, under one name.

`spec` is what it is asked, `block` what the results hold of it (both light: they lie under
`epm.results`); `compute` works it out, `figure` draws it, `confidence` says how far it can be
believed; `templates/analyses/<kind>.md.j2` is how it reads.
"""
