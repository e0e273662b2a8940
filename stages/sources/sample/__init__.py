"""The built-in sample of photos: people with and without masks, drawn from a seed."""
