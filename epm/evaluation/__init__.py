"""Tasks that Inspect knows: our conditions answer as models of it, and it scores and logs."""
