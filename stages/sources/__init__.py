"""Where data come from: the catalogue of data sets, checked downloads, the built-in samples."""
