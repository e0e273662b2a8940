"""The digits: reading the raw images, bringing them to one form, splitting them."""
