# SPDX-License-Identifier: MIT
"""From flat drawings to what a camera or a decoder delivers, on the training device, a whole batch at a time.

Pixels are float32 (B, H, W) in 0..255 between the stages.  Everything is drawn from torch's generator of the device.
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


def shapes(views, height, width, device):
    """Patches with sharp edges: thresholds of noise, and overlapping rectangles and discs."""
    noise = fractal(views, height, width, device)
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
    kinds = [fractal(views, height, width, device), bands(views, height, width, device),
             shapes(views, height, width, device), clutter(drawings)]
    choice = torch.randint(0, len(kinds), (views, 1, 1), device=device)
    first = sum(k * (choice == i) for i, k in enumerate(kinds))
    mix = torch.where(chance(drawings, 0.5), uniform(drawings, 0, 0.6), torch.zeros_like(choice, dtype=torch.float32))
    both = first * (1 - mix) + kinds[0] * mix
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
    """(basis of the 8 x 8 transform, JPEG's luminance table); kept on the device, since a copy would wait for it."""
    k, n = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    basis = torch.cos((2 * n + 1) * k * math.pi / 16) * torch.where(k == 0, math.sqrt(1 / 8), math.sqrt(2 / 8))
    return basis.to(device), _LUMINANCE.to(device)


def quantise_blocks(pixels, quality):
    """What JPEG and intra-coded video do to luma: 8 x 8 cosine transforms, rounded by `quality` (B, 1, 1) of 1..100."""
    views, height, width = pixels.shape
    basis, luminance = cosine_tables(pixels.device)
    factor = torch.where(quality < 50, 50 / quality, 2 - quality / 50)[..., None, None]
    table = (luminance * factor).clamp(1, 255)
    blocks = (pixels - 128).view(views, height // 8, 8, width // 8, 8).transpose(2, 3)
    coefficients = basis @ blocks @ basis.T
    coefficients = (coefficients / table).round() * table
    return ((basis.T @ coefficients @ basis).transpose(2, 3).reshape(views, height, width) + 128).clamp(0, 255)


def augment(luma, alpha, matrices, pictures, rough):
    """uint8 drawings -> pixels (B, H, W) in -1..1.

    matrices  (B, 3, 3) map canvas to plane
    pictures  (B, 4) x0, y0, x1, y1 of the picture on the canvas; outside are letterbox bars
    rough     (B,) 0: as clean as a screenshot or scan, 1: as a camera sees it
    """
    planes = torch.stack([luma, alpha], 1).float()
    planes[:, 0] *= planes[:, 1] / 255  # premultiplied, so that edges do not take on what lies outside
    planes = warp(planes, matrices)
    drawing, cover = planes[:, 0], planes[:, 1] / 255
    hard = rough.view(-1, 1, 1).bool()
    pixels = drawing + backgrounds(luma.float()) * (1 - cover)
    pixels = degrade(pixels, hard)
    height, width = pixels.shape[1:]
    y, x = torch.arange(height, device=pixels.device)[:, None], torch.arange(width, device=pixels.device)
    x0, y0, x1, y1 = (side.view(-1, 1, 1) for side in pictures.unbind(1))
    inside = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
    return torch.where(inside, pixels.round().clamp(0, 255), BAR) / 127.5 - 1


def degrade(pixels, hard):
    """Light, contrast, blur, noise and compression; (B, 1, 1) `hard` says for which views strongly."""
    def often(camera, clean):
        return chance(pixels, torch.where(hard, camera, clean))
    pixels = torch.where(often(0.8, 0.1), light(pixels, uniform(pixels, 0.05, 0.6)), pixels)
    gain = torch.where(often(0.7, 0.25), uniform(pixels, 0.45, 1.1), 1.0)
    shift = torch.where(often(0.5, 0.15), uniform(pixels, -30, 60), 0.0)
    pixels = ((pixels - 128) * gain + 128 + shift).clamp(0, 255)
    sigma = torch.where(hard, uniform(pixels, 0.25, 1.0) ** 2 * 1.6, uniform(pixels, 0.2, 0.9)).clamp(min=0.2)
    motion = torch.where(chance(pixels, 0.3) & hard, uniform(pixels, 0.5, 5), 0.0)
    pixels = torch.where(often(0.85, 0.2), blur(pixels, sigma, motion), pixels)
    pixels = torch.where(often(0.15, 0.08), lower_resolution(pixels, 1.2 + 0.8 * float(torch.rand(()))), pixels)
    noise = torch.randn_like(pixels) * uniform(pixels, 0, 1) ** 2 * 14
    soft = F.avg_pool2d(noise[:, None], 3, 1, 1)[:, 0] * 2.2
    noise = torch.where(chance(pixels, 0.3), soft, noise)
    pixels = torch.where(often(0.8, 0.3), pixels + noise, pixels)
    pixels = torch.where(chance(pixels, 0.05), 255 - pixels, pixels)
    compressed = quantise_blocks(pixels, torch.where(hard, uniform(pixels, 25, 95), uniform(pixels, 55, 98)))
    return torch.where(often(0.7, 0.35), compressed, pixels)
