"""How much single conditions bear on a fitted line."""
