"""Ask a judge what it says of the samples: once each, whatever happens on the way."""
