"""The screens: pure functions from what lies on the disk to HTML."""
