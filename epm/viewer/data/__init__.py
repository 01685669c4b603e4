"""What the viewer shows, as it lies on the disk; what cannot be read is a `Problem`, not an end."""
