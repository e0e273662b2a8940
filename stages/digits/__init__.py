"""The digits: from the raw images of any source to one form, split."""
