"""What epm knows of GitHub; `interface` says what the rest of epm may ask of it."""
