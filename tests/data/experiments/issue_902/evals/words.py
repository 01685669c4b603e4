"""What the tasks ask."""

ADDENDS = range(1, 4)


def question(number: int) -> str:
    """As in 'What is 2 + 2?'."""
    return f"What is {number} + {number}?"
