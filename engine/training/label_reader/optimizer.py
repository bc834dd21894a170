# SPDX-License-Identifier: MIT
"""Muon for the matrices inside blocks, AdamW for everything else.

Muon (K. Jordan and others, 2024) orthogonalises the momentum of each weight matrix by a Newton-Schulz iteration; here
matrices of one shape are done together.  A step never waits for the device, so that it can be recorded as a CUDA graph.
"""
import torch

WEIGHT_DECAY = 0.02
LARGEST_NORM = 5.0  # of all gradients together


def uses_muon(name, weights):
    """Whether a weight is a matrix (or a convolution) inside a block; embeddings, heads, tables and norms are not."""
    inside = name.startswith(("sam.blocks.", "clip.blocks.", "layers.", "projector.weight", "sam.neck", "sam.net"))
    table = "rel_pos" in name or "router" in name
    sides = weights.shape[-2:] if weights.ndim == 3 else weights.flatten(1).shape if weights.ndim > 1 else (0,)
    return inside and not table and min(sides) >= 64


def orthogonalise(matrices):
    """(n, rows, columns) -> nearly orthogonal matrices of the same row and column spaces."""
    x = matrices.bfloat16() if matrices.is_cuda else matrices  # processors without bfloat16 are slow at it
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    for _ in range(5):
        square = x @ x.mT
        x = 3.4445 * x + (-4.775 * square + 2.0315 * square @ square) @ x
    return (x.mT if tall else x).float()


class Muon:
    """Holds the momentum of its weights; weights of three axes are batches of matrices."""

    def __init__(self, weights):
        self.weights = list(weights)
        self.momentum = [torch.zeros_like(w) for w in self.weights]
        self.groups = {}
        for i, w in enumerate(self.weights):
            self.groups.setdefault(self.as_matrices(w).shape[1:], []).append(i)

    @staticmethod
    def as_matrices(tensor):
        return tensor if tensor.ndim == 3 else tensor.flatten(1)[None]

    def step(self, rate):
        """`rate` is a tensor of one number."""
        for shape, members in self.groups.items():
            weights, gradients = [self.weights[i] for i in members], [self.weights[i].grad for i in members]
            momentum = [self.momentum[i] for i in members]
            torch._foreach_mul_(momentum, 0.95)
            torch._foreach_add_(momentum, gradients)
            ahead = torch._foreach_add(gradients, momentum, alpha=0.95)
            scale = -rate * max(1.0, shape[0] / shape[1]) ** 0.5
            update = orthogonalise(torch.cat([self.as_matrices(a) for a in ahead])) * scale
            parts = update.split([len(self.as_matrices(w)) for w in weights])
            torch._foreach_mul_(weights, 1 - rate * WEIGHT_DECAY)
            torch._foreach_add_(weights, [part.reshape(w.shape) for part, w in zip(parts, weights)])


class Optimizer:
    """Both together, with gradients clipped.  Gradients live as long as the weights: zero() clears them."""

    def __init__(self, network, muon_rate, adam_rate):
        named = list(network.named_parameters())
        device = named[0][1].device
        for _, weights in named:
            weights.grad = torch.zeros_like(weights)
        self.parameters = [p for _, p in named]
        self.gradients = [p.grad for p in self.parameters]
        chosen = {n for n, p in named if uses_muon(n, p)}
        self.muon = Muon(p for n, p in named if n in chosen)
        rest = [p for n, p in named if n not in chosen]
        self.rates = muon_rate, adam_rate
        self.muon_rate, self.adam_lr = (torch.tensor(rate, device=device) for rate in self.rates)
        self.adam = torch.optim.AdamW(
            [dict(params=[p for p in rest if p.ndim >= 2], weight_decay=WEIGHT_DECAY),
             dict(params=[p for p in rest if p.ndim < 2], weight_decay=0.0)],
            lr=self.adam_lr, betas=(0.9, 0.98), eps=1e-8, fused=True, capturable=device.type == "cuda")

    def set_rates(self, factor):
        """Both learning rates times `factor`."""
        self.muon_rate.fill_(self.rates[0] * factor)
        self.adam_lr.fill_(self.rates[1] * factor)

    def zero(self):
        torch._foreach_zero_(self.gradients)

    @torch.no_grad()
    def step(self):
        """@return the norm of the gradients; a step whose norm is not finite changes nothing but by weight decay"""
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(self.gradients)))
        scale = torch.where(norm.isfinite(), (LARGEST_NORM / (norm + 1e-6)).clamp(max=1.0), 0.0)
        for gradient in self.gradients:
            gradient.nan_to_num_(0.0, 0.0, 0.0)
        torch._foreach_mul_(self.gradients, scale)
        self.adam.step()
        self.muon.step(self.muon_rate)
        return norm
