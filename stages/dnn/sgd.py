"""Plain stochastic gradient descent."""

from stages.dnn.network import Network


def sgd_step(network: Network, lr: float) -> None:
    """Move every parameter against its gradient: ``w -= lr * dL/dw``.

    The gradients are scaled in place, so nothing is allocated; the next backward pass writes them anew.
    """
    for layer in network.layers:
        gradients = layer.gradients()
        for name, parameter in layer.parameters().items():
            gradient = gradients[name]
            gradient *= lr
            parameter -= gradient
