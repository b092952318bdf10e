"""The ways to compute a convolution, one a module. They agree on everything but time and rounding."""
