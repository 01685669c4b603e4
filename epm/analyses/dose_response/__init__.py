"""How a rate goes with a dose: of a treatment, or of training."""
