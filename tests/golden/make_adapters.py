#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the golden adapters: LoRA adapters that PEFT itself saves, and what PEFT makes of a checkpoint with them.

    make_adapters.py --checkpoint DIR --out tests/data/golden/adapter-mini-a

DIR is what `make-checkpoint --preset mini-a --seed 1` writes.  Each adapter gets a folder with PEFT's two files, a
manifest in the format of the other golden data, and in it the SHA-256 of every merged weight in float32.  Needs PEFT;
the network is engine/training/finetuning/reader.py, which must first give the ids of the official implementation.

The values are few-bit numbers, from (seed, adapter, tensor) alone, so that B·A is exact in float32 in any order: a merge
is right to the bit, or wrong.  Only DoRA divides by a length, whose sum has an order: its weights are stored.
"""
import argparse
import hashlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import peft
import torch
from PIL import Image
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "engine" / "training" / "finetuning"))
import reader  # noqa: E402

SEED = 1
DECODER = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]  # as Unsloth chooses them
SAM, CLIP = r"model\.sam_model\.", r"model\.vision_model\.transformer\.layers\.\d+\."
VISION = (rf"{SAM}(blocks\.\d+\.(attn\.(qkv|proj)|mlp\.lin[12])|patch_embed\.proj|neck\.[02]|net_[23])"
          rf"|{CLIP}(self_attn\.(qkv_proj|out_proj)|mlp\.fc[12])|model\.projector\.layers")
ADAPTERS = {
    "decoder": dict(r=3, lora_alpha=8, target_modules=DECODER, exclude_modules=r".*layers\.2\.mlp\.experts\..*"),
    "vision": dict(r=2, lora_alpha=3, use_rslora=True, target_modules=VISION),
    "patterns": dict(r=2, lora_alpha=4, target_modules=DECODER, exclude_modules=r".*\.experts\..*",
                     rank_pattern={r"^model\.layers\.[01]\.self_attn\.[qk]_proj": 3, "o_proj": 5,
                                   "layers.1.self_attn.v_proj": 1},
                     alpha_pattern={r"layers\.\d+\.mlp\.(shared_experts\.)?down_proj": 3.5, "q_proj": 16}),
    "whole": dict(r=2, lora_alpha=2, bias="lora_only", target_modules=["qkv_proj", "embed_tokens"],
                  modules_to_save=["projector.layers", "model.norm"]),
    "dora": dict(r=2, lora_alpha=4, use_dora=True,
                 target_modules=rf"model\.layers\.0\.self_attn\.q_proj|{SAM}(blocks\.0\.attn\.proj|neck\.0)"),
}
CASE = "tiny"  # of the checkpoint's own golden data
ANSWER = 16  # ids
LEAST_MARGIN = 1e-3  # standard deviations; float32 errors are some hundred times smaller


def numbers(key, shape, largest):
    """k / 512 with |k| <= largest, float32."""
    digest = hashlib.sha256(f"adapter {SEED} {key}".encode()).digest()
    generator = np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))
    return torch.from_numpy(generator.integers(-largest, largest, shape, endpoint=True).astype(np.float32)) / 512


@torch.no_grad()
def fill(name, model):
    """Gives every weight of the adapter its values."""
    for key, weight in model.named_parameters():
        if ".lora_magnitude_vector." in key:
            weight.mul_(1 + numbers(f"{name} {key}", weight.shape, 63).abs())
        elif ".lora_" in key:
            weight.copy_(numbers(f"{name} {key}", weight.shape, 63))
        elif ".modules_to_save." in key or (weight.requires_grad and key.endswith(".bias")):
            weight.add_(numbers(f"{name} {key}", weight.shape, 15))


def draw_syn(width, height):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return ((3 * x + 5 * y + 7 * c + 11 * ((x * y) >> 3)) & 255).astype(np.uint8)


@torch.no_grad()
def run(network, case, ids_wanted):
    """(image tokens, first logits, ids, margins) of a golden case."""
    picture = draw_syn(case["image"]["width"], case["image"]["height"])
    assert hashlib.sha256(picture.tobytes()).hexdigest() == case["image"]["sha256"]
    side = case["base_size"]
    view = np.asarray(Image.fromarray(picture).resize((side, side), Image.BICUBIC))
    assert hashlib.sha256(view.tobytes()).hexdigest() == case["view_sha256"]["global"]
    image = network.encode(torch.from_numpy(view.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1)
    x, position = network.prompt(image, case["ids_before_image"], case["ids_after_image"]), 0
    first, ids, margins, caches = None, [], [], [{} for _ in network.model.layers]
    while len(ids) < ids_wanted:
        logits = network.lm_head(network.decode(x, position, caches)[:, -1])
        first = logits if first is None else first
        best = logits[0].topk(2)
        ids.append(int(best.indices[0]))
        margins.append(float((best.values[0] - best.values[1]) / logits.std()))
        position += x.shape[1]
        x = network.model.embed_tokens(torch.tensor([[ids[-1]]]))
    return image[0], first, ids, margins


def digest(tensor):
    return hashlib.sha256(tensor.detach().contiguous().float().numpy().tobytes()).hexdigest()


def make(name, options, case, checkpoint, description, out):
    network = reader.load(checkpoint, torch.float32, "cpu")
    before = {key: weight.clone() for key, weight in network.state_dict().items()}
    config = peft.LoraConfig(**options, init_lora_weights=True)
    model = peft.get_peft_model(network, config)
    fill(name, model)
    out.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(str(out), save_embedding_layers=False)
    (out / "README.md").unlink(missing_ok=True)
    merged = model.merge_and_unload()
    weights = {key: weight for key, weight in merged.state_dict().items() if not torch.equal(weight, before[key])}
    image, first, ids, margins = run(merged, case, ANSWER)
    assert min(margins) > LEAST_MARGIN, (name, min(margins))
    stages = {"image_tokens": image[(len(image) - 1) % 4::4].contiguous(), "logits.first": first.contiguous()}
    if config.use_dora:
        stages |= {f"merged.{key}": weight.contiguous() for key, weight in weights.items()}
    save_file(stages, str(out / f"{CASE}.safetensors"))
    kept = ("name", "mode", "image", "ids_before_image", "ids_after_image", "n_image_tokens")
    entry = {key: case[key] for key in kept}
    greedy = dict(rule="greedy", ids=ids, margins=[round(m, 5) for m in margins])
    entry |= dict(file=f"{CASE}.safetensors", decode=[greedy],
                  tensors={"image_tokens": dict(shape=list(image.shape), row_offset=(len(image) - 1) % 4, row_step=4),
                           "logits.first": dict(shape=list(first.shape), row_offset=0, row_step=1)})
    manifest = dict(format="deepseekocr-golden/1", checkpoint=description, cases=[entry],
                    reference=dict(peft=peft.__version__, code="engine/training/finetuning/reader.py"))
    if not config.use_dora:
        manifest["merged_sha256"] = {key: digest(weight) for key, weight in sorted(weights.items())}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    print(f"{name}: {len(weights)} weights changed, least margin {min(margins):.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning)
    manifest = json.loads((ROOT / "tests/data/golden/mini-a/manifest.json").read_text(encoding="utf-8"))
    weights = (arguments.checkpoint / manifest["checkpoint"]["file"]).read_bytes()
    if hashlib.sha256(weights).hexdigest() != manifest["checkpoint"]["sha256"]:
        sys.exit(f"{arguments.checkpoint} is not the checkpoint of the golden data; make it with seed 1.")
    case = next(case for case in manifest["cases"] if case["name"] == CASE)
    official = case["decode"][0]["ids"]
    if run(reader.load(arguments.checkpoint, torch.float32, "cpu"), case, len(official))[2] != official:
        sys.exit("The network does not give the ids of the official implementation; mend reader.py first.")
    description = {key: manifest["checkpoint"][key] for key in ("preset", "seed", "file", "sha256")}
    for name, options in ADAPTERS.items():
        make(name, options, case, arguments.checkpoint, description, arguments.out / name)


if __name__ == "__main__":
    main()
