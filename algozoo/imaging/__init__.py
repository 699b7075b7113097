"""Pure numerics on arrays: rotation, sub-pixel shift, apertures, signal-to-noise, combination."""
