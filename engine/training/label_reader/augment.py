# SPDX-License-Identifier: MIT
"""From flat drawings to what a camera or a decoder delivers, on the training device, a whole batch at a time.

Pixels are float32 (B, H, W) in 0..255 between the stages.  Everything is drawn from torch's generator of the device.
Costly effects are computed for about as many views as show them; how many is known without waiting for the device.
"""
import functools
import math

import torch
import torch.nn.functional as F

BAR = 127.0  # luma of letterbox bars (3.3)
_LUMINANCE = torch.tensor([
    [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55], [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62], [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99]], dtype=torch.float32)  # JPEG annex K


def uniform(like, low, high):
    """One number for each view, (B, 1, 1)."""
    return torch.rand(like.shape[0], 1, 1, device=like.device) * (high - low) + low


def chance(like, probability):
    """One Bool for each view, (B, 1, 1); `probability` is a number or (B, 1, 1)."""
    return torch.rand(like.shape[0], 1, 1, device=like.device) < probability


class Mixture:
    """Which views an effect happens to: (B,) `hard` with probability `camera`, the others with `clean`.

    hard_share  how many of the views are hard, 0..1, known to the host
    """

    def __init__(self, hard, hard_share):
        self.hard, self.hard_share = hard, hard_share

    def chance(self, camera, clean):
        """One Bool for each view, (B,)."""
        return torch.rand(len(self.hard), device=self.hard.device) < torch.where(self.hard, camera, clean)

    def apply(self, pixels, camera, clean, effect):
        """`effect(pixels, hard)` on the views that chance takes, at most on the expected number of them, rounded up."""
        count = min(len(pixels), math.ceil(len(pixels) * (clean + (camera - clean) * self.hard_share)))
        wanted = self.chance(camera, clean)
        rows = wanted.to(torch.uint8).argsort(descending=True)[:count]
        before = pixels[rows]
        after = effect(before, self.hard[rows].view(-1, 1, 1))
        return pixels.index_copy(0, rows, torch.where(wanted[rows].view(-1, 1, 1), after, before))


def warp(planes, matrices):
    """Moves planes (B, C, H, W) by matrices (B, 3, 3) that map canvas pixels to plane pixels; outside is 0."""
    views, _, height, width = planes.shape
    y, x = torch.meshgrid(torch.arange(height, device=planes.device) + 0.5,
                          torch.arange(width, device=planes.device) + 0.5, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)]).view(3, -1)
    mapped = matrices @ points
    mapped = mapped[:, :2] / mapped[:, 2:]
    grid = torch.stack([mapped[:, 0] * (2 / width) - 1, mapped[:, 1] * (2 / height) - 1], -1)
    grid = grid.view(views, height, width, 2)
    return F.grid_sample(planes, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


# ---------------------------------------------------------------------------------------------------- backgrounds

def smooth_noise(views, height, width, cells, device):
    """Random values on a grid of about `cells` x `cells`, enlarged smoothly: (views, height, width) in 0..1."""
    rows = max(2, round(cells * height / max(height, width)))
    columns = max(2, round(cells * width / max(height, width)))
    grid = torch.rand(views, 1, rows, columns, device=device)
    return F.interpolate(grid, (height, width), mode="bicubic", align_corners=False)[:, 0].clamp(0, 1)


def fractal(views, height, width, device):
    """Noise of several scales, each view with weights of its own: clouds, wood, foliage, crowds."""
    total = torch.zeros(views, height, width, device=device)
    weight = torch.zeros(views, 1, 1, device=device)
    decay = uniform(total, 0.4, 1.0)
    for octave in range(7):
        cells = 2 ** (octave + 1) + int(torch.randint(0, 2 ** octave + 1, ()))
        if cells > max(height, width) // 2:
            break
        total += decay ** octave * smooth_noise(views, height, width, cells, device)
        weight += decay ** octave
    return total / weight


def bands(views, height, width, device):
    """Stripes, planks, blinds and corrugation of random direction, distance and sharpness."""
    y, x = torch.meshgrid(torch.arange(height, device=device), torch.arange(width, device=device), indexing="ij")
    like = torch.empty(views, 1, 1, device=device)
    angle, period = uniform(like, 0, math.pi), torch.exp(uniform(like, math.log(5), math.log(160)))
    phase = (x * angle.cos() + y * angle.sin()) / period + uniform(like, 0, 1)
    return torch.sigmoid(torch.sin(phase * 2 * math.pi) * uniform(like, 0.5, 8))


def shapes(noise):
    """Patches with sharp edges: thresholds of noise (B, H, W), and overlapping rectangles and discs."""
    height, width = noise.shape[1:]
    device = noise.device
    levels = uniform(noise, 2, 7).round()
    mosaic = (noise * 1.6 * levels).floor() / levels
    y, x = torch.meshgrid(torch.arange(height, device=device), torch.arange(width, device=device), indexing="ij")
    for _ in range(6):
        cy, cx = uniform(noise, 0, height), uniform(noise, 0, width)
        ry, rx = uniform(noise, 4, height * 0.5), uniform(noise, 4, width * 0.3)
        dy, dx = (y - cy) / ry, (x - cx) / rx
        inside = torch.where(chance(noise, 0.5), dy.abs().maximum(dx.abs()), (dy * dy + dx * dx).sqrt()) < 1
        inside &= chance(noise, 0.5)
        mosaic = torch.where(inside, mosaic * 0.2 + uniform(noise, 0, 0.8), mosaic)
    return mosaic


def clutter(drawings):
    """Other views' drawings upside down, enlarged and blurred: print that nobody can read."""
    turned = drawings.roll(1, 0).flip(1, 2)
    height, width = turned.shape[1:]
    small = F.avg_pool2d(turned[:, None], 3)
    return F.interpolate(small, (height, width), mode="bilinear", align_corners=False)[:, 0] / 255


def backgrounds(drawings):
    """(B, H, W) in 0..255 to put behind labels and subtitles; made at half size, but for the grain."""
    full = drawings.shape[1:]
    drawings = F.avg_pool2d(drawings[:, None], 2)[:, 0]
    views, height, width = drawings.shape
    device = drawings.device
    clouds = fractal(views, height, width, device)
    first = clouds.clone()  # views come in no order: each quarter of them shows another kind
    if views > 3:
        first[1::4] = bands(len(first[1::4]), height, width, device)
        first[2::4] = shapes(clouds[2::4])
        first[3::4] = clutter(drawings)[3::4]
    mix = torch.where(chance(drawings, 0.5), uniform(drawings, 0, 0.6), 0.0)
    other = clouds.roll(1, 0)
    both = first * (1 - mix) + other * mix
    both = F.interpolate(both[:, None], full, mode="bilinear", align_corners=False)[:, 0]
    grain = torch.rand_like(both) - 0.5
    grain = torch.where(chance(drawings, 0.5), grain, F.avg_pool2d(grain[:, None], 3, 1, 1)[:, 0] * 2)
    contrast, base = uniform(drawings, 0.0, 1.0) ** 0.7, uniform(drawings, 0.0, 1.0)
    value = base + (both - 0.5) * contrast * 1.3 + grain * uniform(drawings, 0, 0.25) ** 1.5
    return value.clamp(0, 1) * 255


# ---------------------------------------------------------------------------------------------------- degradations

def light(pixels, strength):
    """Uneven light: a smooth field between 1 - strength and 1, sometimes with the edge of a shadow."""
    views, height, width = pixels.shape
    field = smooth_noise(views, height, width, 3, pixels.device)
    edge = torch.sigmoid((smooth_noise(views, height, width, 2, pixels.device) - 0.5) * uniform(pixels, 10, 120))
    field = torch.where(chance(pixels, 0.15), edge, field)
    return pixels * (1 - strength * (1 - field))


def kernels(views, device, sigma, motion, size=9):
    """Blur kernels (B, 1, size, size): a Gaussian of `sigma` pixels along a line of `motion` pixels."""
    r = torch.arange(size, device=device) - size // 2
    y, x = torch.meshgrid(r, r, indexing="ij")
    angle = torch.rand(views, 1, 1, device=device) * math.pi
    along, across = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    beyond = (along.abs() - motion / 2).clamp(min=0)
    kernel = torch.exp(-(across ** 2 + beyond ** 2) / (2 * sigma ** 2))
    return (kernel / kernel.sum((1, 2), keepdim=True))[:, None]


def blur(pixels, sigma, motion):
    views = pixels.shape[0]
    weights = kernels(views, pixels.device, sigma, motion)
    padded = F.pad(pixels[None], (4, 4, 4, 4), mode="reflect")
    return F.conv2d(padded, weights, groups=views)[0]


def lower_resolution(pixels, factor):
    """Shrinks by `factor` and enlarges again, as small pictures and zoomed videos are."""
    height, width = pixels.shape[1:]
    small = F.interpolate(pixels[:, None], (max(8, round(height / factor)), max(8, round(width / factor))), mode="bicubic",
                          antialias=True, align_corners=False)
    return F.interpolate(small, (height, width), mode="bicubic", align_corners=False)[:, 0]


@functools.lru_cache
def cosine_tables(device):
    """(64 x 64 transform of a block of 8 x 8, JPEG's luminance table, 64); kept on the device: a copy would wait for it."""
    k, n = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    basis = torch.cos((2 * n + 1) * k * math.pi / 16) * torch.where(k == 0, math.sqrt(1 / 8), math.sqrt(2 / 8))
    return torch.kron(basis, basis).to(device), _LUMINANCE.flatten().to(device)


def quantise_blocks(pixels, quality):
    """What JPEG and intra-coded video do to luma: 8 x 8 cosine transforms, rounded by `quality` (B, 1, 1) of 1..100."""
    views, height, width = pixels.shape
    transform, luminance = cosine_tables(pixels.device)
    factor = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    table = (luminance * factor).clamp(1, 255)  # (B, 1, 64)
    blocks = (pixels - 128).view(views, height // 8, 8, width // 8, 8).transpose(2, 3).reshape(views, -1, 64)
    coefficients = ((blocks @ transform.T) / table).round() * table
    blocks = (coefficients @ transform).view(views, height // 8, width // 8, 8, 8).transpose(2, 3)
    return (blocks.reshape(views, height, width) + 128).clamp(0, 255)


def augment(luma, alpha, matrices, pictures, rough, rough_share):
    """uint8 drawings -> pixels (B, H, W) in -1..1.

    matrices     (B, 3, 3) map canvas to plane
    pictures     (B, 4) x0, y0, x1, y1 of the picture on the canvas; outside are letterbox bars
    rough        (B,) 0: as clean as a screenshot or scan, 1: as a camera sees it
    rough_share  the mean of `rough`, which the host knows
    """
    planes = torch.stack([luma, alpha], 1).float()
    planes[:, 0] *= planes[:, 1] / 255  # premultiplied, so that edges do not take on what lies outside
    planes = warp(planes, matrices)
    drawing, cover = planes[:, 0], planes[:, 1] / 255
    pixels = drawing + backgrounds(luma.float()) * (1 - cover)
    pixels = degrade(pixels, Mixture(rough.bool(), rough_share))
    height, width = pixels.shape[1:]
    y, x = torch.arange(height, device=pixels.device)[:, None], torch.arange(width, device=pixels.device)
    x0, y0, x1, y1 = (side.view(-1, 1, 1) for side in pictures.unbind(1))
    inside = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
    return torch.where(inside, pixels.round().clamp(0, 255), BAR) / 127.5 - 1


def degrade(pixels, views):
    """Light, contrast, blur, noise and compression, strongly where `views` (a Mixture) is hard."""
    def share(camera, clean):
        return views.chance(camera, clean).view(-1, 1, 1)
    pixels = views.apply(pixels, 0.8, 0.1, lambda p, _: light(p, uniform(p, 0.05, 0.6)))
    gain = torch.where(share(0.7, 0.25), uniform(pixels, 0.45, 1.1), 1.0)
    shift = torch.where(share(0.5, 0.15), uniform(pixels, -30, 60), 0.0)
    pixels = ((pixels - 128) * gain + 128 + shift).clamp(0, 255)
    pixels = views.apply(pixels, 0.85, 0.2, soften)
    factor = 1.2 + 0.8 * float(torch.rand(()))
    pixels = views.apply(pixels, 0.15, 0.08, lambda p, _: lower_resolution(p, factor))
    pixels = views.apply(pixels, 0.8, 0.3, add_noise)
    pixels = torch.where(chance(pixels, 0.05), 255 - pixels, pixels)
    return views.apply(pixels, 0.7, 0.35, compress)


def soften(pixels, hard):
    sigma = torch.where(hard, uniform(pixels, 0.25, 1.0) ** 2 * 1.6, uniform(pixels, 0.2, 0.9)).clamp(min=0.2)
    motion = torch.where(chance(pixels, 0.3) & hard, uniform(pixels, 0.5, 5), 0.0)
    return blur(pixels, sigma, motion)


def add_noise(pixels, _):
    noise = torch.randn_like(pixels) * uniform(pixels, 0, 1) ** 2 * 14
    coarse = F.avg_pool2d(noise[:, None], 3, 1, 1)[:, 0] * 2.2
    return pixels + torch.where(chance(pixels, 0.3), coarse, noise)


def compress(pixels, hard):
    return quantise_blocks(pixels, torch.where(hard, uniform(pixels, 25, 95), uniform(pixels, 55, 98)))
