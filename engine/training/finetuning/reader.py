# SPDX-License-Identifier: MIT
"""The DeepSeek-OCR network in PyTorch for any checkpoint, its modules named as its tensors are.

So the names of LoRA adapters are the official ones.  Section numbers are those of the model specification.  Shapes: B
views, h x w patches of 16 pixels, tokens of 64 pixels.  Norms, router and rotary positions compute in float32, all else
in the dtype of the weights.
"""
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import nn
from torch.utils.checkpoint import checkpoint


class Config:
    """The numbers of config.json, with the official values where it may be silent."""

    def __init__(self, folder):
        self.path = Path(folder) / "config.json"
        root = json.loads(self.path.read_text(encoding="utf-8"))
        language = {**root.get("language_config", {}), **{k: v for k, v in root.items() if v is not None}}
        sam, clip = (root["vision_config"]["width"][name] for name in ("sam_vit_b", "clip-l-14-224"))
        self.sam_width, self.sam_layers, self.sam_heads = sam["width"], sam["layers"], sam["heads"]
        self.sam_global, self.channels = sam["global_attn_indexes"], sam["downsample_channels"]
        self.window, self.neck = sam.get("window_size", 14), sam.get("neck_channels", 256)
        self.sam_mlp, self.patch = int(self.sam_width * sam.get("mlp_ratio", 4)), sam.get("patch_size", 16)
        self.sam_side = sam.get("image_size", 1024) // self.patch
        self.clip_width, self.clip_layers, self.clip_heads = clip["width"], clip["layers"], clip["heads"]
        self.clip_mlp = int(self.clip_width * clip.get("mlp_ratio", 4))
        self.clip_side = clip["image_size"] // clip["patch_size"]
        self.hidden, self.layers = language["hidden_size"], language["num_hidden_layers"]
        self.heads = language["num_attention_heads"]
        self.dense_layers, self.dense_width = language["first_k_dense_replace"], language["intermediate_size"]
        self.experts, self.chosen = language["n_routed_experts"], language["num_experts_per_tok"]
        self.shared, self.expert_width = language["n_shared_experts"], language["moe_intermediate_size"]
        self.normalised = language.get("norm_topk_prob", False)
        self.routed_scale = language.get("routed_scaling_factor", 1.0)
        self.vocabulary, self.positions = language["vocab_size"], language["max_position_embeddings"]
        self.theta, self.epsilon = language.get("rope_theta", 1e4), language.get("rms_norm_eps", 1e-6)
        self.bos, self.eos = language["bos_token_id"], language["eos_token_id"]
        self.image_token = root.get("image_token_id", 128815)
        self.projector_input = root["projector_config"]["input_dim"]
        self.crops = root.get("position_fit", "interpolate") == "crop"
        self.canvases = [tuple(size) for size in root["candidate_resolutions"]] if "position_fit" in root else []
        self.prompts = root.get("supported_prompts") or ["Free OCR."]


def fit_absolute(table, h, w, crops):
    """(side, side, width) -> (h, w, width) (1.1.2)."""
    if table.shape[:2] == (h, w):
        return table
    if crops:
        return table[:h, :w]
    grid = table.float().permute(2, 0, 1)[None]
    grid = F.interpolate(grid, (h, w), mode="bicubic", antialias=True, align_corners=False)
    return grid[0].permute(1, 2, 0).to(table.dtype)


def fit_relative(table, side, crops):
    """(2 n - 1, d) -> (side, side, d), [query, key] (1.1.6)."""
    length = 2 * side - 1
    if not crops and len(table) != length:
        table = F.interpolate(table.float().T[None], length, mode="linear", align_corners=False)[0].T.to(table.dtype)
    i = torch.arange(side, device=table.device)
    return table[i[:, None] - i[None, :] + (len(table) - 1) // 2]


def attend(q, k, v, causal=False):
    """softmax(q k^T) v with q already scaled; q, k (.., n, d), v (.., n, e)."""
    width, value_width = q.shape[-1], v.shape[-1]
    if width != value_width:  # the fused kernels want equal widths
        v = F.pad(v, (0, width - value_width))
    return F.scaled_dot_product_attention(q, k, v, is_causal=causal, scale=1.0)[..., :value_width]


class Norm(nn.LayerNorm):
    """Computes in float32."""

    def forward(self, x):
        weights = self.weight.float(), self.bias.float()
        return F.layer_norm(x.float(), self.normalized_shape, *weights, self.eps).to(x.dtype)


class SamAttention(nn.Module):
    """Attention over a grid with decomposed relative positions (1.1.5, 1.1.6).

    The bias a[h,w,kh] + b[h,w,kw] becomes part of the product: queries carry (q / sqrt d, a, b), keys (k, one-hot of
    their row, one-hot of their column), so that it is never written out.
    """

    def __init__(self, c, side):
        super().__init__()
        self.heads, self.dim, self.crops = c.sam_heads, c.sam_width // c.sam_heads, c.crops
        self.qkv = nn.Linear(c.sam_width, 3 * c.sam_width)
        self.proj = nn.Linear(c.sam_width, c.sam_width)
        self.rel_pos_h = nn.Parameter(torch.empty(2 * side - 1, self.dim))
        self.rel_pos_w = nn.Parameter(torch.empty(2 * side - 1, self.dim))

    def forward(self, x):  # (B, h, w, width)
        views, h, w, width = x.shape
        n = h * w
        q, k, v = self.qkv(x).view(views, n, 3, self.heads, self.dim).permute(2, 0, 3, 1, 4)
        grid = q.reshape(views * self.heads, h, w, self.dim)
        rows = torch.einsum("bhwc,hkc->bhwk", grid, fit_relative(self.rel_pos_h, h, self.crops))
        columns = torch.einsum("bhwc,wkc->bhwk", grid, fit_relative(self.rel_pos_w, w, self.crops))
        place = torch.arange(n, device=x.device)[:, None]
        one_hot = torch.cat([place // w == torch.arange(h, device=x.device),
                             place % w == torch.arange(w, device=x.device)], -1).to(q.dtype)
        pad = -(self.dim + h + w) % 8
        scores = [part.reshape(views, self.heads, n, -1) for part in (rows, columns)]
        queries = F.pad(torch.cat([q * self.dim ** -0.5, *scores], -1), (0, pad))
        keys = F.pad(torch.cat([k, one_hot.expand(views, self.heads, n, h + w)], -1), (0, pad))
        return self.proj(attend(queries, keys, v).transpose(1, 2).reshape(views, h, w, width))


class SamMlp(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.lin1 = nn.Linear(width, inner)
        self.lin2 = nn.Linear(inner, width)

    def forward(self, x):
        return self.lin2(F.gelu(self.lin1(x)))


class SamBlock(nn.Module):
    """Pre-norm; window 0 attends over the whole grid."""

    def __init__(self, c, window):
        super().__init__()
        self.window = window
        self.norm1 = Norm(c.sam_width, 1e-6)
        self.attn = SamAttention(c, window or c.sam_side)
        self.norm2 = Norm(c.sam_width, 1e-6)
        self.mlp = SamMlp(c.sam_width, c.sam_mlp)

    def forward(self, x):
        y = self.norm1(x)
        x = x + (self.windowed(y) if self.window else self.attn(y))
        return x + self.mlp(self.norm2(x))

    def windowed(self, y):
        views, h, w, width = y.shape
        size = self.window
        y = F.pad(y, (0, 0, 0, -w % size, 0, -h % size))  # padded places are ordinary keys (1.1.4)
        rows, columns = y.shape[1] // size, y.shape[2] // size
        y = y.view(views, rows, size, columns, size, width).transpose(2, 3).reshape(-1, size, size, width)
        y = self.attn(y).view(views, rows, columns, size, size, width).transpose(2, 3)
        return y.reshape(views, rows * size, columns * size, width)[:, :h, :w]


class ChannelNorm(Norm):
    """Over the channels of each pixel of (B, channels, h, w) (1.1.7)."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class PatchEmbedding(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.proj = nn.Conv2d(3, c.sam_width, c.patch, c.patch)


class SamEncoder(nn.Module):
    """Pixels (B, 3, H, W) in -1..1 -> (B, h/4, w/4, channels)."""

    def __init__(self, c):
        super().__init__()
        self.crops = c.crops
        self.patch_embed = PatchEmbedding(c)
        self.pos_embed = nn.Parameter(torch.empty(1, c.sam_side, c.sam_side, c.sam_width))
        self.blocks = nn.ModuleList(SamBlock(c, 0 if i in c.sam_global else c.window) for i in range(c.sam_layers))
        self.neck = nn.Sequential(nn.Conv2d(c.sam_width, c.neck, 1, bias=False), ChannelNorm(c.neck, 1e-6),
                                  nn.Conv2d(c.neck, c.neck, 3, padding=1, bias=False), ChannelNorm(c.neck, 1e-6))
        self.net_2 = nn.Conv2d(c.neck, c.channels[0], 3, 2, 1, bias=False)
        self.net_3 = nn.Conv2d(c.channels[0], c.channels[1], 3, 2, 1, bias=False)

    def forward(self, pixels, run):
        x = self.patch_embed.proj(pixels).permute(0, 2, 3, 1)
        x = x + fit_absolute(self.pos_embed[0], *x.shape[1:3], self.crops)
        for block in self.blocks:
            x = run(block, x)
        return self.net_3(self.net_2(self.neck(x.permute(0, 3, 1, 2)))).permute(0, 2, 3, 1)


class ClipAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.heads = c.clip_heads
        self.qkv_proj = nn.Linear(c.clip_width, 3 * c.clip_width)
        self.out_proj = nn.Linear(c.clip_width, c.clip_width)

    def forward(self, x):
        views, n, width = x.shape
        dim = width // self.heads
        q, k, v = self.qkv_proj(x).view(views, n, 3, self.heads, dim).permute(2, 0, 3, 1, 4)
        return self.out_proj(attend(q * dim ** -0.5, k, v).transpose(1, 2).reshape(views, n, width))


class ClipMlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.fc1 = nn.Linear(c.clip_width, c.clip_mlp)
        self.fc2 = nn.Linear(c.clip_mlp, c.clip_width)

    def forward(self, x):
        h = self.fc1(x)
        return self.fc2(h * torch.sigmoid(1.702 * h))


class ClipBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.layer_norm1 = Norm(c.clip_width, 1e-5)
        self.self_attn = ClipAttention(c)
        self.layer_norm2 = Norm(c.clip_width, 1e-5)
        self.mlp = ClipMlp(c)

    def forward(self, x):
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class ClipEmbeddings(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.empty(c.clip_width))
        self.position_embedding = nn.Embedding(c.clip_side ** 2 + 1, c.clip_width)


class ClipTransformer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.layers = nn.ModuleList(ClipBlock(c) for _ in range(c.clip_layers))


class ClipEncoder(nn.Module):
    """SAM's tokens (B, h, w, width) -> the same shape (1.2)."""

    def __init__(self, c):
        super().__init__()
        self.side, self.crops = c.clip_side, c.crops
        self.embeddings = ClipEmbeddings(c)
        self.pre_layrnorm = Norm(c.clip_width, 1e-5)
        self.transformer = ClipTransformer(c)

    def forward(self, features, run):
        views, h, w, width = features.shape
        positions = self.embeddings.position_embedding.weight
        grid = fit_absolute(positions[1:].view(self.side, self.side, width), h, w, self.crops).reshape(1, h * w, width)
        first = (self.embeddings.class_embedding + positions[0]).expand(views, 1, width)
        x = self.pre_layrnorm(torch.cat([first, features.flatten(1, 2) + grid], 1))
        for layer in self.transformer.layers:
            x = run(layer, x)
        return x[:, 1:].view(views, h, w, width)


class RmsNorm(nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.empty(width))

    def forward(self, x):
        y = x.float()
        return self.weight * (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + self.epsilon)).to(x.dtype)


class SwiGlu(nn.Module):
    def __init__(self, hidden, width):
        super().__init__()
        self.gate_proj = nn.Linear(hidden, width, bias=False)
        self.up_proj = nn.Linear(hidden, width, bias=False)
        self.down_proj = nn.Linear(width, hidden, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Router(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(c.experts, c.hidden))


class Experts(nn.Module):
    """Router, routed experts and the shared one (1.5)."""

    def __init__(self, c):
        super().__init__()
        self.chosen, self.normalised, self.scale = c.chosen, c.normalised, c.routed_scale
        self.gate = Router(c)
        self.experts = nn.ModuleList(SwiGlu(c.hidden, c.expert_width) for _ in range(c.experts))
        self.shared_experts = SwiGlu(c.hidden, c.shared * c.expert_width)

    def forward(self, x):
        flat = x.flatten(0, -2)
        weights, chosen = F.linear(flat.float(), self.gate.weight.float()).softmax(-1).topk(self.chosen, -1)
        if self.normalised:
            weights = weights / weights.sum(-1, keepdim=True)
        total = torch.zeros_like(flat, dtype=torch.float)
        for number, expert in enumerate(self.experts):
            token, place = (chosen == number).nonzero(as_tuple=True)
            if len(token):
                part = expert(flat[token]).float() * (self.scale * weights[token, place])[:, None]
                total = total.index_add(0, token, part)
        return total.to(x.dtype).view_as(x) + self.shared_experts(x)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.heads = c.heads
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            setattr(self, name, nn.Linear(c.hidden, c.hidden, bias=False))

    def forward(self, x, rope, cache):
        views, n, width = x.shape
        dim = width // self.heads
        projections = self.q_proj, self.k_proj, self.v_proj
        q, k, v = (projection(x).view(views, n, self.heads, dim).transpose(1, 2) for projection in projections)
        q, k = rotate(q, rope), rotate(k, rope)
        if cache is not None:
            if cache:
                k, v = torch.cat([cache["k"], k], 2), torch.cat([cache["v"], v], 2)
            cache["k"], cache["v"] = k, v
        return self.o_proj(attend(q * dim ** -0.5, k, v, n > 1).transpose(1, 2).reshape(views, n, width))


def rotate(x, rope):
    """Rotary positions, pairs i and i + d/2."""
    half = x.shape[-1] // 2
    turned = torch.cat([-x[..., half:], x[..., :half]], -1)
    return (x.float() * rope[0] + turned.float() * rope[1]).to(x.dtype)


class DecoderLayer(nn.Module):
    def __init__(self, c, dense):
        super().__init__()
        self.input_layernorm = RmsNorm(c.hidden, c.epsilon)
        self.self_attn = Attention(c)
        self.post_attention_layernorm = RmsNorm(c.hidden, c.epsilon)
        self.mlp = SwiGlu(c.hidden, c.dense_width) if dense else Experts(c)

    def forward(self, x, rope, cache=None):
        x = x + self.self_attn(self.input_layernorm(x), rope, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class Projector(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.layers = nn.Linear(c.projector_input, c.hidden)


class Model(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.sam_model = SamEncoder(c)
        self.vision_model = ClipEncoder(c)
        self.projector = Projector(c)
        self.image_newline = nn.Parameter(torch.empty(c.hidden))
        self.view_seperator = nn.Parameter(torch.empty(c.hidden))  # spelled so in every checkpoint
        self.embed_tokens = nn.Embedding(c.vocabulary, c.hidden)
        self.layers = nn.ModuleList(DecoderLayer(c, i < c.dense_layers) for i in range(c.layers))
        self.norm = RmsNorm(c.hidden, c.epsilon)


class Reader(nn.Module):
    """The whole network.  `recompute`: forward passes of blocks are repeated in the backward pass, to save memory."""

    def __init__(self, c):
        super().__init__()
        self.sizes, self.recompute = c, False
        self.model = Model(c)
        self.lm_head = nn.Linear(c.hidden, c.vocabulary, bias=False)

    def run(self, block, *inputs):
        if self.recompute and torch.is_grad_enabled():
            return checkpoint(block, *inputs, use_reentrant=False)
        return block(*inputs)

    def encode(self, pixels):
        """(B, 3, H, W) in -1..1 -> decoder input (B, h (w + 1) + 1, hidden): one view without tiles (1.4)."""
        m = self.model
        features = m.sam_model(pixels.to(m.image_newline.dtype), self.run)
        tokens = m.projector.layers(torch.cat([m.vision_model(features, self.run), features], -1))
        views, h, w, hidden = tokens.shape
        rows = torch.cat([tokens, m.image_newline.expand(views, h, 1, hidden)], 2).flatten(1, 2)
        return torch.cat([rows, m.view_seperator.expand(views, 1, hidden)], 1)

    def rope(self, begin, count, device):
        dim = self.sizes.hidden // self.sizes.heads
        frequencies = self.sizes.theta ** (-torch.arange(0, dim, 2, device=device).float() / dim)
        angles = torch.arange(begin, begin + count, device=device).float()[:, None] * frequencies
        angles = torch.cat([angles, angles], 1)
        return angles.cos(), angles.sin()

    def decode(self, x, begin=0, caches=None):
        """Embeddings (B, T, hidden) at positions from `begin` on -> hidden states behind the final norm."""
        rope = self.rope(begin, x.shape[1], x.device)
        for i, layer in enumerate(self.model.layers):
            x = self.run(layer, x, rope, None if caches is None else caches[i])
        return self.model.norm(x)

    def prompt(self, image, before, after):
        """Embeddings of ids before the image, the image, and ids after it, of each view."""
        ids = [torch.tensor(part, dtype=torch.long, device=image.device) for part in (before, after)]
        first, last = (self.model.embed_tokens(part).expand(len(image), -1, -1) for part in ids)
        return torch.cat([first, image, last], 1)

    @torch.no_grad()
    def read(self, pixels, before, after, limit, stop=True):
        """Greedy answers of a batch of equal canvases, as lists of ids without the end of sequence."""
        caches = [{} for _ in self.model.layers]
        x = self.prompt(self.encode(pixels), before, after)
        position, answers = 0, []
        done = torch.zeros(len(pixels), dtype=torch.bool, device=pixels.device)
        while len(answers) < limit and not (stop and bool(done.all())):
            hidden = self.decode(x, position, caches)
            ids = self.lm_head(hidden[:, -1]).float().argmax(-1)
            done |= ids == self.sizes.eos
            answers.append(ids)
            position += x.shape[1]
            x = self.model.embed_tokens(ids[:, None])
        rows = torch.stack(answers, 1).tolist()
        return [row[:row.index(self.sizes.eos)] if stop and self.sizes.eos in row else row for row in rows]


def weight_files(folder):
    """The safetensors files of a checkpoint folder."""
    folder = Path(folder)
    if (folder / "model.safetensors").exists():
        return [folder / "model.safetensors"]
    files = sorted(folder.glob("model-*.safetensors"))
    if not files:
        raise SystemExit(f"{folder} holds no *.safetensors files; give the folder of a DeepSeek-OCR checkpoint.")
    return files


def load(folder, dtype, device):
    """The network of a checkpoint folder, every weight frozen, in `dtype`."""
    with torch.device("meta"):
        network = Reader(Config(folder))
    tensors = {}
    for path in weight_files(folder):
        with safe_open(path, framework="pt", device=str(device)) as file:
            tensors |= {name: file.get_tensor(name).to(dtype) for name in file.keys()}
    missing = network.load_state_dict(tensors, strict=False, assign=True).missing_keys
    if missing:
        raise SystemExit(f"{folder} lacks the tensor {missing[0]} that its config.json asks for; fetch it again.")
    return network.requires_grad_(False).eval()
