#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""This engine beside transformers on a CPU: same shapes, dtype and number of threads, in turns.

    compare_transformers.py CHECKPOINT [--model-speed PROGRAM] [--dtype bf16] [--threads 2] [--rounds 2]
                            [--parts decode prefill vision]

transformers has no class for this model; that of its successor, deepseek_ocr2, has a decoder of the same shapes and the
same SAM encoder.  So CHECKPOINT, of official layout, gives the decoder's shapes, and theirs has random weights.  Ours is
model-speed on CHECKPOINT.  Theirs of `vision` is SAM alone, ours the whole encoder.  Needs torch and transformers >= 5.23;
theirs takes as much memory as all weights in the dtype.
"""
import argparse
import json
import re
import subprocess
import sys
import time
from pathlib import Path

PROMPTS = (280, 910)
CONTEXT = 300
STEPS = 20
AIMS = {f"decode at {CONTEXT} x1": 4.0}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("checkpoint", type=Path)
    add("--model-speed", default="build/tests/bench/model-speed")
    add("--dtype", choices=("bf16", "fp32"), default="bf16")
    add("--threads", type=int, default=2)
    add("--rounds", type=int, default=2)
    add("--parts", nargs="+", choices=("decode", "prefill", "vision"), default=["decode", "prefill", "vision"])
    add("--theirs", metavar="PART", help="measure transformers alone; what this program calls itself with")
    return parser.parse_args()


def best_milliseconds(runs, work):
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return 1e3 * min(seconds)


# --- theirs --------------------------------------------------------------------------------------------------------


def random_module(kind, config, dtype):
    """A module whose weights were never zero pages of the system; initialising them as for training takes minutes."""
    import torch
    from transformers.initialization import no_init_weights

    torch.set_default_dtype(dtype)
    with no_init_weights():
        module = kind(config)
    with torch.no_grad():
        for weight in module.parameters():
            weight.uniform_(-0.02, 0.02)
    return module.eval()


def decoder(arguments, dtype):
    import torch
    from transformers.models.deepseek_ocr2.configuration_deepseek_ocr2 import DeepseekOcr2TextConfig
    from transformers.models.deepseek_ocr2.modeling_deepseek_ocr2 import DeepseekOcr2TextModel

    official = json.loads((arguments.checkpoint / "config.json").read_text())["language_config"]
    same = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
            "max_position_embeddings", "n_routed_experts", "n_shared_experts", "num_experts_per_tok",
            "moe_intermediate_size")
    config = DeepseekOcr2TextConfig(**{key: official[key] for key in same}, mlp_layer_types=[
        "dense" if layer < official["first_k_dense_replace"] else "sparse"
        for layer in range(official["num_hidden_layers"])])
    config._attn_implementation = "sdpa"
    model = random_module(DeepseekOcr2TextModel, config, dtype)
    head = torch.nn.Linear(config.hidden_size, config.vocab_size, bias=False, dtype=dtype)
    return model, head, config


def measure_decoder(arguments, dtype):
    import torch

    model, head, config = decoder(arguments, dtype)
    ids = torch.randint(config.vocab_size, (1, max(PROMPTS)))

    def forward(tokens, cache=None):
        result = model(input_ids=tokens, cache=cache, use_cache=True)
        return head(result.last_hidden_state[:, -1]).argmax(-1, keepdim=True), result.cache

    if arguments.theirs == "prefill":
        for length in PROMPTS:
            print(f"prefill {length} best {best_milliseconds(2, lambda: forward(ids[:, :length])):.2f} ms", flush=True)
        return
    state = list(forward(ids[:, :CONTEXT]))

    def step():
        state[:] = forward(*state)

    print(f"decode at {CONTEXT} x1 best {best_milliseconds(STEPS, step):.2f} ms")


def measure_vision(dtype):
    import torch
    from transformers.models.deepseek_ocr2.configuration_deepseek_ocr2 import DeepseekOcr2SamVisionConfig
    from transformers.models.deepseek_ocr2.modeling_deepseek_ocr2 import DeepseekOcr2SamVisionEncoder

    config = DeepseekOcr2SamVisionConfig()
    config._attn_implementation = "sdpa"
    encoder = random_module(DeepseekOcr2SamVisionEncoder, config, dtype)
    pixels = torch.rand(1, 3, 1024, 1024, dtype=dtype)
    print(f"vision 1024x1024 best {best_milliseconds(2, lambda: encoder(pixels)):.2f} ms")


def measure_theirs(arguments):
    import torch

    torch.set_num_threads(arguments.threads)
    dtype = {"bf16": torch.bfloat16, "fp32": torch.float32}[arguments.dtype]
    with torch.inference_mode():
        if arguments.theirs == "vision":
            measure_vision(dtype)
        else:
            measure_decoder(arguments, dtype)


# --- both ----------------------------------------------------------------------------------------------------------


def times(command):
    """Quantity: best milliseconds, of what a program prints."""
    output = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
    found = {}
    for name, milliseconds in re.findall(r"^(.+?)\s+best\s+([\d.]+) ms", output, re.MULTILINE):
        found[name.strip()] = float(milliseconds)
    return found


def keep_best(best, found):
    for name, milliseconds in found.items():
        best[name] = min(best.get(name, float("inf")), milliseconds)


def main():
    arguments = parse_arguments()
    if arguments.theirs:
        measure_theirs(arguments)
        return
    own, theirs = {}, {}
    for part in arguments.parts:
        for _ in range(arguments.rounds):
            keep_best(own, times([arguments.model_speed, str(arguments.checkpoint), arguments.dtype,
                                  str(arguments.threads), part]))
            keep_best(theirs, times([sys.executable, *sys.argv, "--theirs", part]))
    print(f"| {arguments.dtype}, {arguments.threads} threads | ours | transformers | ratio | aim |\n|---|---|---|---|---|")
    for name in own.keys() & theirs.keys():
        print(f"| {name} | {own[name]:.1f} ms | {theirs[name]:.1f} ms | {theirs[name] / own[name]:.2f} | {AIMS.get(name, '')} |")


if __name__ == "__main__":
    main()
