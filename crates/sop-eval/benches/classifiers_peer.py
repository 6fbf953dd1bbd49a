"""The peers of classifiers.rs: PyTorch looping over the heads, PyTorch with one stacked product, scikit-learn.

python3 classifiers_peer.py FOLDER linear [EPOCHS] | logreg [PENALTY] [TOLERANCE]
"""

import json
import sys
import time

import numpy as np

CLASSES, DIM = 100, 384
RATES = [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.3, 0.5]
BATCH = 1024

folder, what = sys.argv[1:3]
features = np.fromfile(f"{folder}/features.f32", dtype=np.float32).reshape(-1, DIM)
labels = np.arange(len(features)) % CLASSES


def linear(epochs, stacked):
    import torch

    torch.manual_seed(0)
    x, y = torch.from_numpy(features), torch.from_numpy(labels)
    rates = torch.tensor(RATES) * BATCH / 256
    if stacked:
        weights = (0.01 * torch.randn(len(RATES), CLASSES, DIM)).requires_grad_()
        biases = torch.zeros(len(RATES), CLASSES, requires_grad=True)
        velocity = [torch.zeros_like(weights), torch.zeros_like(biases)]
    else:
        heads = [torch.nn.Linear(DIM, CLASSES) for _ in RATES]
        optimisers = [torch.optim.SGD(h.parameters(), lr=float(r), momentum=0.9) for h, r in zip(heads, rates)]
    start = time.time()
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(BATCH):
            batch, target = x[rows], y[rows]
            if stacked:
                logits = (batch @ weights.reshape(-1, DIM).T).reshape(len(rows), len(RATES), CLASSES) + biases
                loss = torch.nn.functional.cross_entropy(
                    logits.reshape(-1, CLASSES), target.repeat_interleave(len(RATES)), reduction="sum"
                ) / len(rows)
                gradients = torch.autograd.grad(loss, [weights, biases])
                with torch.no_grad():
                    for value, gradient, v in zip([weights, biases], gradients, velocity):
                        v.mul_(0.9).add_(gradient)
                        value.sub_(rates.reshape(-1, *[1] * (value.dim() - 1)) * v)
            else:
                for head, optimiser in zip(heads, optimisers):
                    loss = torch.nn.functional.cross_entropy(head(batch), target)
                    optimiser.zero_grad()
                    loss.backward()
                    optimiser.step()
    return (time.time() - start) / epochs


def logreg(penalty, tolerance):
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    start = time.time()
    scaled = StandardScaler().fit_transform(features.astype(np.float64))
    model = LogisticRegression(C=1 / (penalty * len(features)), tol=tolerance, max_iter=5000).fit(scaled, labels)
    seconds = time.time() - start
    logits = scaled @ model.coef_.T + model.intercept_
    logits -= logits.max(1, keepdims=True)
    loss = np.mean(np.log(np.exp(logits).sum(1)) - logits[np.arange(len(logits)), labels])
    return seconds, float(loss + penalty / 2 * (model.coef_**2).sum()), int(model.n_iter_[0])


if what == "linear":
    epochs = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    print(json.dumps({"torch_loop_seconds_per_epoch": linear(epochs, False)}))
    print(json.dumps({"torch_stacked_seconds_per_epoch": linear(epochs, True)}))
else:
    penalty = float(sys.argv[3]) if len(sys.argv) > 3 else 1e-3
    tolerance = float(sys.argv[4]) if len(sys.argv) > 4 else 1e-4
    seconds, objective, iterations = logreg(penalty, tolerance)
    print(json.dumps({"sklearn_seconds": seconds, "objective": objective, "iterations": iterations}))
