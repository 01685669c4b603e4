"""Match the numbers of a page to the values of any results file, by their words."""
