"""The strongest of several predictors, with an interval that knows of the choice."""
