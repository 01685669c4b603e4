"""The measurements as analyses ask for them: by condition, by answer, by item and run."""
