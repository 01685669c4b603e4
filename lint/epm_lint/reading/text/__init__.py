"""A page's text: its passages, where each stands, and the tokens that they are cut into."""
