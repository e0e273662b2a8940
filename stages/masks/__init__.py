"""The masks: from photos and annotated boxes to crops of faces, split by photo."""
