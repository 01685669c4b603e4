"""How a report is shown: one module for each form."""
