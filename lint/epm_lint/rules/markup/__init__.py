"""Rules for the Markdown itself."""
