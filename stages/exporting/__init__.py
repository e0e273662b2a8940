"""A trained network as one file that needs none of this project: ONNX, and a model card beside it."""
