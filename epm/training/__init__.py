"""LoRA training: tokenised rows, optimiser steps and micro-batches, many adapters at once."""
