"""Tables as records: each cell with what its row and its column say it is."""
