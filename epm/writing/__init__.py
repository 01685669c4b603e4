"""How numbers reach the page: written in one form each, with the pointer that they come from."""
