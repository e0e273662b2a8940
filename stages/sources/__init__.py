"""Where data come from: the catalogue of what can be downloaded, checked downloads, readers of people's own data."""
