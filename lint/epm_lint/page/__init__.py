"""The parts of a result page, and what is asked of its words and links."""
