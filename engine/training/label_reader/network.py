# SPDX-License-Identifier: MIT
"""The DeepSeek-OCR network in PyTorch, written for training: SAM and CLIP encoders, projector, MoE decoder.

A second, independent statement of what engine/model computes; a test compares the two.  Section numbers are those of
the model specification.  Shapes: B views, h x w patches of 16 pixels, tokens of 64 pixels.
"""
import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import nn

import vocabulary as voc

SLOT_WIDTH = 32  # numbers that a token says of each of its 32 slots


@dataclass
class Config:
    """Sizes; the names of config.json are in export.py."""
    sam_width: int = 192
    sam_layers: int = 4
    sam_heads: int = 3
    window: int = 8
    global_layers: tuple = (3,)
    neck: int = 128
    middle: int = 192          # channels between the two strided convolutions
    clip_width: int = 256
    clip_layers: int = 2
    clip_heads: int = 4
    hidden: int = 256
    layers: int = 3
    heads: int = 4
    dense_width: int = 448
    experts: int = 4
    experts_per_token: int = 2
    expert_width: int = 192
    shared_experts: int = 1
    image_size: int = 896      # side of the position tables, in pixels
    max_positions: int = 1024
    vocabulary: int = field(default_factory=voc.vocabulary_size)

    @property
    def sam_side(self):
        return self.image_size // 16

    @property
    def clip_side(self):
        return self.image_size // 64


def cut(table, h, w, corner):
    """h x w entries of a table (side, side, width); from its corner, or from `corner`, two numbers on the device."""
    if corner is None:
        return table[:h, :w]
    rows, columns = (torch.arange(n, device=table.device) + first for n, first in zip((h, w), corner))
    return table.index_select(0, rows).index_select(1, columns)


def attend(q, k, v, causal=False):
    """softmax(q k^T) v with q already scaled; q, k (.., n, d), v (.., n, e)."""
    width, value_width = q.shape[-1], v.shape[-1]
    if width != value_width:  # the fused kernels want equal widths
        v = F.pad(v, (0, width - value_width))
    return F.scaled_dot_product_attention(q, k, v, is_causal=causal, scale=1.0)[..., :value_width]


class ChannelNorm(nn.Module):
    """LayerNorm over the channels of each pixel, channels last (1.1.7)."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return F.layer_norm(x, (x.shape[-1],), self.weight, self.bias, 1e-6)


class SamAttention(nn.Module):
    """Attention over a grid with decomposed relative positions (1.1.5, 1.1.6).

    The bias a[h,w,kh] + b[h,w,kw] becomes part of the product: queries carry (q/8, a, b), keys (k, one-hot of their
    row, one-hot of their column), so that it is never written out.
    """

    def __init__(self, width, heads, table_side):
        super().__init__()
        self.heads, self.dim = heads, width // heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.rel_pos_h = nn.Parameter(torch.zeros(2 * table_side - 1, self.dim))
        self.rel_pos_w = nn.Parameter(torch.zeros(2 * table_side - 1, self.dim))

    def forward(self, x):  # (B, h, w, width)
        views, h, w, width = x.shape
        n = h * w
        q, k, v = self.qkv(x).view(views, n, 3, self.heads, self.dim).permute(2, 0, 3, 1, 4)
        grid = q.reshape(views * self.heads, h, w, self.dim)
        rows = torch.einsum("bhwc,hkc->bhwk", grid, self.table(self.rel_pos_h, h)).reshape(views, self.heads, n, h)
        columns = torch.einsum("bhwc,wkc->bhwk", grid, self.table(self.rel_pos_w, w)).reshape(views, self.heads, n, w)
        one_hot = self.one_hot(h, w, q)
        pad = -(self.dim + h + w) % 8
        queries = F.pad(torch.cat([q * self.dim ** -0.5, rows, columns], -1), (0, pad))
        keys = F.pad(torch.cat([k, one_hot.expand(views, self.heads, n, h + w)], -1), (0, pad))
        out = attend(queries, keys, v)
        return self.proj(out.transpose(1, 2).reshape(views, h, w, width))

    @staticmethod
    def table(stored, side):
        """(2 L - 1, d) -> (side, side, d), [query, key]: the middle of the stored table."""
        i = torch.arange(side, device=stored.device)
        return stored[i[:, None] - i[None, :] + (stored.shape[0] - 1) // 2]

    @staticmethod
    def one_hot(h, w, like):
        i = torch.arange(h * w, device=like.device)[:, None]
        rows, columns = torch.arange(h, device=like.device), torch.arange(w, device=like.device)
        return torch.cat([i // w == rows, i % w == columns], -1).to(like.dtype)


class SamBlock(nn.Module):
    """Pre-norm block; window 0 attends over the whole grid."""

    def __init__(self, width, heads, window, table_side):
        super().__init__()
        self.window = window
        self.norm1 = nn.LayerNorm(width, 1e-6)
        self.attn = SamAttention(width, heads, table_side)
        self.norm2 = nn.LayerNorm(width, 1e-6)
        self.lin1 = nn.Linear(width, 4 * width)
        self.lin2 = nn.Linear(4 * width, width)

    def forward(self, x):
        y = self.norm1(x)
        x = x + (self.windowed(y) if self.window else self.attn(y))
        return x + self.lin2(F.gelu(self.lin1(self.norm2(x))))

    def windowed(self, y):
        views, h, w, width = y.shape
        size = self.window
        y = F.pad(y, (0, 0, 0, -w % size, 0, -h % size))  # padded places are ordinary keys (1.1.4)
        rows, columns = y.shape[1] // size, y.shape[2] // size
        y = y.view(views, rows, size, columns, size, width).transpose(2, 3).reshape(-1, size, size, width)
        y = self.attn(y).view(views, rows, columns, size, size, width).transpose(2, 3)
        return y.reshape(views, rows * size, columns * size, width)[:, :h, :w]


class SamEncoder(nn.Module):
    """Grey pixels (B, H, W) in -1..1 -> neck (B, h, w, neck), tokens (B, h/4, w/4, clip_width)."""

    def __init__(self, c):
        super().__init__()
        self.patch = nn.Linear(256, c.sam_width)
        self.pos_embed = nn.Parameter(torch.zeros(1, c.sam_side, c.sam_side, c.sam_width))
        self.blocks = nn.ModuleList(
            SamBlock(c.sam_width, c.sam_heads, 0 if i in c.global_layers else c.window,
                     c.sam_side if i in c.global_layers else c.window) for i in range(c.sam_layers))
        self.neck0 = nn.Linear(c.sam_width, c.neck, bias=False)
        self.neck1 = ChannelNorm(c.neck)
        self.neck2 = nn.Conv2d(c.neck, c.neck, 3, padding=1, bias=False)
        self.neck3 = ChannelNorm(c.neck)
        self.net2 = nn.Conv2d(c.neck, c.middle, 3, 2, 1, bias=False)
        self.net3 = nn.Conv2d(c.middle, c.clip_width, 3, 2, 1, bias=False)

    def forward(self, pixels, corner=None):
        views, height, width = pixels.shape
        h, w = height // 16, width // 16
        patches = pixels.view(views, h, 16, w, 16).transpose(2, 3).reshape(views, h, w, 256)
        x = self.patch(patches) + cut(self.pos_embed[0], h, w, None if corner is None else 4 * corner)
        for block in self.blocks:
            x = block(x)
        neck = self.neck1(self.neck0(x)).permute(0, 3, 1, 2)
        neck = self.neck3(self.neck2(neck).permute(0, 2, 3, 1))
        tokens = self.net3(self.net2(neck.permute(0, 3, 1, 2)))
        return neck, tokens.permute(0, 2, 3, 1)


class ClipBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width, 1e-5)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, 1e-5)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x):
        views, n, width = x.shape
        dim = width // self.heads
        q, k, v = self.qkv(self.norm1(x)).view(views, n, 3, self.heads, dim).permute(2, 0, 3, 1, 4)
        x = x + self.out(attend(q * dim ** -0.5, k, v).transpose(1, 2).reshape(views, n, width))
        h = self.fc1(self.norm2(x))
        return x + self.fc2(h * torch.sigmoid(1.702 * h))


class ClipEncoder(nn.Module):
    """SAM's tokens (B, h, w, width) -> the same shape (1.2)."""

    def __init__(self, c):
        super().__init__()
        self.side = c.clip_side
        self.class_token = nn.Parameter(torch.randn(c.clip_width) * 0.02)
        self.positions = nn.Parameter(torch.randn(self.side ** 2 + 1, c.clip_width) * 0.02)
        self.pre_norm = nn.LayerNorm(c.clip_width, 1e-5)
        self.blocks = nn.ModuleList(ClipBlock(c.clip_width, c.clip_heads) for _ in range(c.clip_layers))

    def forward(self, features, corner=None):
        views, h, w, width = features.shape
        grid = cut(self.positions[1:].view(self.side, self.side, width), h, w, corner).reshape(1, h * w, width)
        first = (self.class_token + self.positions[0]).expand(views, 1, width)
        x = self.pre_norm(torch.cat([first, features.flatten(1, 2) + grid], 1))
        for block in self.blocks:
            x = block(x)
        return x[:, 1:].view(views, h, w, width)


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        x = x.float()
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight


class SwiGlu(nn.Module):
    def __init__(self, hidden, width):
        super().__init__()
        self.gate = nn.Linear(hidden, width, bias=False)
        self.up = nn.Linear(hidden, width, bias=False)
        self.down = nn.Linear(width, hidden, bias=False)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Experts(nn.Module):
    """Router, routed experts and the shared one (1.5).

    All experts are computed and the unchosen weighted by 0: with four small experts that is faster than gathering, and
    nothing has to wait for the device.  `balance` holds the load-balance loss of the last pass.
    """

    def __init__(self, c):
        super().__init__()
        self.chosen = c.experts_per_token
        self.router = nn.Parameter(torch.empty(c.experts, c.hidden))
        self.gate = nn.Parameter(torch.empty(c.experts, c.expert_width, c.hidden))
        self.up = nn.Parameter(torch.empty(c.experts, c.expert_width, c.hidden))
        self.down = nn.Parameter(torch.empty(c.experts, c.hidden, c.expert_width))
        self.shared = SwiGlu(c.hidden, c.shared_experts * c.expert_width)
        self.balance = None

    def forward(self, x):
        with torch.autocast(x.device.type, enabled=False):
            scores = F.linear(x.float(), self.router).softmax(-1)
        kept = scores.topk(self.chosen, -1)
        weights = torch.zeros_like(scores).scatter(-1, kept.indices, kept.values)
        if self.training:
            load = (weights > 0).float().flatten(0, -2).mean(0)
            self.balance = len(load) * (load * scores.flatten(0, -2).mean(0)).sum() / self.chosen
        inner = F.silu(torch.einsum("bth,ewh->btew", x, self.gate)) * torch.einsum("bth,ewh->btew", x, self.up)
        inner = inner * weights[..., None]  # the sum over experts of w · down(inner) is linear in inner
        return torch.einsum("btew,ehw->bth", inner, self.down) + self.shared(x)


class DecoderLayer(nn.Module):
    def __init__(self, c, dense):
        super().__init__()
        self.heads = c.heads
        self.norm1 = RmsNorm(c.hidden)
        self.q = nn.Linear(c.hidden, c.hidden, bias=False)
        self.k = nn.Linear(c.hidden, c.hidden, bias=False)
        self.v = nn.Linear(c.hidden, c.hidden, bias=False)
        self.o = nn.Linear(c.hidden, c.hidden, bias=False)
        self.norm2 = RmsNorm(c.hidden)
        self.feed_forward = SwiGlu(c.hidden, c.dense_width) if dense else Experts(c)

    def forward(self, x, rope, cache=None, keep_head=False):
        """x (B, T, hidden) -> the same, and (queries, keys) of head 0 if wanted; `cache` is a dict of keys, values."""
        views, n, width = x.shape
        dim = width // self.heads
        h = self.norm1(x)
        q, k, v = (part(h).view(views, n, self.heads, dim).transpose(1, 2) for part in (self.q, self.k, self.v))
        q, k = rotate(q, rope), rotate(k, rope)
        q, k = q.to(v.dtype), k.to(v.dtype)
        if cache is not None:
            if cache:
                k, v = torch.cat([cache["k"], k], 2), torch.cat([cache["v"], v], 2)
            cache["k"], cache["v"] = k, v
        out = attend(q * dim ** -0.5, k, v, causal=n > 1)
        x = x + self.o(out.transpose(1, 2).reshape(views, n, width))
        x = x + self.feed_forward(self.norm2(x))
        return x, (q[:, 0], k[:, 0]) if keep_head else None


def rotate(x, rope):
    """Rotary positions, pairs i and i + d/2."""
    half = x.shape[-1] // 2
    turned = torch.cat([-x[..., half:], x[..., :half]], -1)
    return x * rope[0] + turned * rope[1]


class LabelReader(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.config = c
        self.sam = SamEncoder(c)
        self.clip = ClipEncoder(c)
        self.projector = nn.Linear(2 * c.clip_width, c.hidden)
        self.newline = nn.Parameter(torch.randn(c.hidden) * 0.02 * math.sqrt(c.hidden))
        self.separator = nn.Parameter(torch.randn(c.hidden) * 0.02 * math.sqrt(c.hidden))
        self.embedding = nn.Embedding(c.vocabulary, c.hidden)
        self.layers = nn.ModuleList(DecoderLayer(c, dense=i == 0) for i in range(c.layers))
        self.norm = RmsNorm(c.hidden)
        self.head = nn.Linear(c.hidden, c.vocabulary, bias=False)
        # Only in training: which character lies in each slot of 16 x 8 pixels, seen from a patch and from a token.
        self.patch_slots = nn.Linear(c.neck, 2 * voc.INK_CLASSES)
        self.token_slots = nn.Linear(c.hidden, 32 * SLOT_WIDTH)
        self.slot_classes = nn.Linear(SLOT_WIDTH, voc.INK_CLASSES)
        self.initialise()
        dim = c.hidden // c.heads
        angles = torch.arange(c.max_positions)[:, None] * 1e4 ** (-torch.arange(0, dim, 2) / dim)
        angles = torch.cat([angles, angles], 1)
        self.register_buffer("cosines", angles.cos(), persistent=False)
        self.register_buffer("sines", angles.sin(), persistent=False)

    def initialise(self):
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0, min(0.05, module.in_features ** -0.5))
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, 0, module.weight[0].numel() ** -0.5)
            elif isinstance(module, Experts):
                for weights in (module.gate, module.up, module.down):
                    nn.init.normal_(weights, 0, min(0.05, weights.shape[-1] ** -0.5))
                nn.init.normal_(module.router, 0, 0.05)
        residual = (".proj.weight", ".lin2.weight", ".fc2.weight", ".out.weight", ".o.weight", ".down.weight", ".down")
        for name, weights in self.named_parameters():
            if name.endswith(residual):
                weights.data.mul_(0.4)
        nn.init.normal_(self.embedding.weight, 0, 0.3)
        nn.init.normal_(self.sam.pos_embed, 0, 0.02)

    def encode(self, pixels, corner=None):
        """Grey (B, H, W) in -1..1 -> neck, visual tokens (B, h, w, hidden), decoder input (B, h (w + 1) + 1, hidden).

        `corner`: where on the position tables the canvas lies, in tokens; the reader itself always takes (0, 0).
        """
        neck, features = self.sam(pixels, corner)
        tokens = self.projector(torch.cat([self.clip(features, corner), features], -1))
        views, h, w, hidden = tokens.shape
        rows = torch.cat([tokens, self.newline.expand(views, h, 1, hidden).to(tokens.dtype)], 2).flatten(1, 2)
        return neck, tokens, torch.cat([rows, self.separator.expand(views, 1, hidden).to(tokens.dtype)], 1)

    def decode(self, image, ids, prompt=voc.FREE_OCR, caches=None, guide_layer=None):
        """BOS, image, prompt and `ids` -> hidden states of all of them, and head 0 of `guide_layer`."""
        views = image.shape[0]
        before = self.embedding.weight[voc.BOS].expand(views, 1, -1)
        after = self.embedding.weight[prompt].expand(views, 1, -1)
        x = torch.cat([before, image.float(), after, self.embedding(ids)], 1)
        return self.run_layers(x, 0, caches, guide_layer)

    def run_layers(self, x, position, caches=None, guide_layer=None):
        rope = self.cosines[position:position + x.shape[1]], self.sines[position:position + x.shape[1]]
        guide = None
        for i, layer in enumerate(self.layers):
            x, head = layer(x, rope, None if caches is None else caches[i], i == guide_layer)
            guide = head if i == guide_layer else guide
        return self.norm(x), guide

    def slots(self, neck, tokens):
        """Logits of the auxiliary heads: both (B, H/16, W/8, classes)."""
        views, h, w, _ = neck.shape
        patches = self.patch_slots(neck).view(views, h, 2 * w, voc.INK_CLASSES)
        _, rows, columns, _ = tokens.shape
        blocks = self.token_slots(tokens).view(views, rows, columns, 4, 8, SLOT_WIDTH).transpose(2, 3)
        return patches, self.slot_classes(blocks.reshape(views, 4 * rows, 8 * columns, SLOT_WIDTH))

    @torch.no_grad()
    def read(self, pixels, prompt=voc.FREE_OCR, limit=320):
        """Greedy answers of a batch of equal canvases, as lists of ids without EOS."""
        was_training, _ = self.training, self.eval()
        _, _, image = self.encode(pixels)
        caches = [{} for _ in self.layers]
        empty = torch.zeros(len(pixels), 0, dtype=torch.long, device=pixels.device)
        hidden, _ = self.decode(image, empty, prompt, caches)
        position, done, answers = hidden.shape[1], torch.zeros(len(pixels), dtype=torch.bool, device=pixels.device), []
        while True:
            ids = self.head(hidden[:, -1]).argmax(-1)
            answers.append(ids)
            done |= ids == voc.EOS
            if len(answers) % 8 == 0 and bool(done.all()) or len(answers) >= limit:
                break
            hidden, _ = self.run_layers(self.embedding(ids[:, None]), position, caches)
            position += 1
        self.train(was_training)
        rows = torch.stack(answers, 1).tolist()
        return [row[:row.index(voc.EOS)] if voc.EOS in row else row for row in rows]
