"""The forms in which a page says things with numbers, one module for each kind."""
