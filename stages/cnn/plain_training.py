"""Training the report's network: epochs over all samples, or over fresh balanced draws of them."""

import math

import torch
from torch.nn.functional import cross_entropy

from stages.cnn.measuring import loss_and_hits, test_figures, train_figures
from stages.cnn.networks import PlainCnn, build_network, mask_unseen
from stages.cnn.tensors import as_pictures, as_tensor
from stages.cnn.views import Views
from stages.config.variants import PlainVariant
from stages.runtime.errors import InputError
from stages.storage.dataset import Dataset
from stages.training.history import History


def train_plain(dataset: Dataset, variant: PlainVariant, seed: int, device: torch.device, history: History) -> PlainCnn:
    """Train one network; the test samples are only looked at.

    With resampling, one network goes through all rounds; every round draws its samples anew and starts the learning
    rate's schedule and the optimizer's memory again.

    Raises:
        InputError: training diverged, or class weights do not fit the classes; begins with the parameter's key.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    network = build_network(variant, dataset.form)
    labels = torch.from_numpy(dataset.train.labels)
    mask_unseen(network.linear, labels)
    weights = class_weights(variant, dataset.form.classes, labels)
    network, weights = network.to(device), weights if weights is None else weights.to(device)
    images, labels = as_pictures(as_tensor(dataset.train.images)).to(device), labels.to(device)
    tests = as_pictures(as_tensor(dataset.test.images)).to(device), torch.from_numpy(dataset.test.labels).to(device)
    whole = Views(dataset.form.shape[0], (1.0,))
    for _ in range(variant.resample_rounds or 1):
        chosen = balanced_draw(labels, generator) if variant.resample_rounds else torch.arange(len(labels))
        drawn, wanted = images[chosen], labels[chosen]
        optimizer, schedule = make_optimizer(network, variant)
        for _ in range(variant.epochs):
            sums = torch.zeros(2, dtype=torch.float64, device=device)
            for batch in torch.randperm(len(chosen), generator=generator).to(device).split(variant.batch_size):
                logits = network(drawn.index_select(0, batch))
                loss = cross_entropy(logits, wanted[batch], weights)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                sums += loss_and_hits(logits.detach(), wanted[batch])
            figures = train_figures(sums, len(chosen)) | test_figures(network, *tests, whole)
            if not all(bool(each.isfinite().all()) for each in network.parameters()):
                figures["train_loss"] = math.nan  # the loss alone does not tell: oneDNN's pooling passes over NaN
            history.add(**figures, learning_rate=schedule.get_last_lr()[0])
            schedule.step()
    return network


def make_optimizer(
    network: PlainCnn, variant: PlainVariant
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.StepLR]:
    """The optimizer that the variant asks for, and the schedule of its learning rate, epoch by epoch."""
    algorithm = torch.optim.Adam if variant.optimizer == "adam" else torch.optim.SGD
    optimizer = algorithm(network.parameters(), lr=variant.lr, fused=True)
    every, factor = (variant.step.every, variant.step.factor) if variant.step else (variant.epochs, 1.0)
    return optimizer, torch.optim.lr_scheduler.StepLR(optimizer, every, factor)


def class_weights(variant: PlainVariant, classes: tuple[str, ...], labels: torch.Tensor) -> torch.Tensor | None:
    """The weights of the classes in the loss, float32 (classes,), or None where they all count alike.

    ``balanced`` weighs a class by ``samples / (classes * its samples)``, as scikit-learn does. So do weights that
    are for classes of other data alone: ``crop_faces`` says so.

    Raises:
        InputError: a class has no weight, or a weight no class.
    """
    if variant.class_weights is None:
        return None
    of_other_data = variant.class_weights and set(classes).isdisjoint(variant.class_weights)
    if variant.class_weights == "balanced" or of_other_data:
        counts = torch.bincount(labels, minlength=len(classes))
        return len(labels) / (len(classes) * counts.clamp(min=1).float())
    for name in sorted(set(variant.class_weights) ^ set(classes)):
        problem = "has no weight" if name in classes else "is no class of these data"
        raise InputError(
            f"class_weights: {name!r} {problem}; the classes are {', '.join(classes)} (balanced suits any classes)"
        )
    return torch.tensor([variant.class_weights[name] for name in classes], dtype=torch.float32)


def balanced_draw(labels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Draw as many samples of every class that has any as the rarest of them has, without replacement.

    Args:
        labels: int64 (N,).
        generator: the randomness.

    Returns:
        Indices (classes * rarest,), sorted.
    """
    members = [torch.nonzero(labels == label).flatten() for label in labels.unique()]
    rarest = min(map(len, members))
    chosen = [each[torch.randperm(len(each), generator=generator).to(each.device)[:rarest]] for each in members]
    return torch.cat(chosen).sort().values
