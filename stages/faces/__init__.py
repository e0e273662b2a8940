"""Annotations, safe file names and cropping of the faces."""
