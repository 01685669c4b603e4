"""The body as GitHub reads it; `document` alone knows the parser."""
