"""From kept samples to measurements."""
