"""Where models come from (`sources`), how they are loaded (`base`) and spoken to (`chat`)."""
