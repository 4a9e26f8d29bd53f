"""Stacked networks: activations, losses, initializers, optimizers and their training."""
