"""What the training of all networks shares, whatever they are written in."""
