"""The families of networks, what people call them, and what they work on."""

TITLES = {
    "dnn": "Digits: fully connected networks in NumPy",
    "cnn": "Masks: convolutional networks in PyTorch",
    "cnn_digits": "Digits: convolutional networks in PyTorch",
}
# The block of params.yaml that says where a family's data come from.
DATA = {"dnn": "digits", "cnn": "faces", "cnn_digits": "digits"}
# How a family's learning curves tell right from wrong: the share of either.
CURVES = {"dnn": "error", "cnn": "accuracy", "cnn_digits": "accuracy"}
