# SPDX-License-Identifier: MIT
"""LoRA on linear layers, and its files in PEFT's layout."""
import json
import math
import os

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn

DECODER = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
VISION = ("attn.qkv", "attn.proj", "mlp.lin1", "mlp.lin2", "qkv_proj", "out_proj", "fc1", "fc2", "projector.layers")
MODULES = {"decoder": DECODER, "vision": VISION, "all": DECODER + VISION}
PREFIX = "base_model.model."  # what PEFT puts before the name of a module


class LoraLinear(nn.Module):
    """W x + scale · B A x; A and B are float32, whatever W is."""

    def __init__(self, base, rank, scale, dropout):
        super().__init__()
        self.base, self.scale, self.dropout = base, scale, dropout
        device = base.weight.device
        self.lora_A = nn.Parameter(torch.empty(rank, base.in_features, device=device))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, rank, device=device))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))

    def forward(self, x):
        y = F.dropout(x.float(), self.dropout, self.training)
        return self.base(x) + (F.linear(F.linear(y, self.lora_A), self.lora_B) * self.scale).to(x.dtype)


class Adapter:
    """The LoRA layers of a network."""

    def __init__(self, network, rank, alpha, modules, dropout=0.0):
        self.rank, self.alpha, self.targets, self.layers = rank, alpha, MODULES[modules], {}
        for name, module in list(network.named_modules()):
            if isinstance(module, nn.Linear) and any(("." + name).endswith("." + target) for target in self.targets):
                parent, _, last = name.rpartition(".")
                layer = LoraLinear(module, rank, alpha / rank, dropout)
                setattr(network.get_submodule(parent), last, layer)
                self.layers[name] = layer

    def parameters(self):
        return [weight for layer in self.layers.values() for weight in (layer.lora_A, layer.lora_B)]

    def tensors(self):
        """{PEFT's name: float32 tensor on the CPU}"""
        return {f"{PREFIX}{name}.{part}.weight": getattr(layer, part).detach().cpu().clone()
                for name, layer in self.layers.items() for part in ("lora_A", "lora_B")}

    @torch.no_grad()
    def restore(self, tensors):
        for name, layer in self.layers.items():
            for part in ("lora_A", "lora_B"):
                getattr(layer, part).copy_(tensors[f"{PREFIX}{name}.{part}.weight"])

    def save(self, folder, model):
        """Writes adapter_config.json and adapter_model.safetensors; a reader sees the whole file or none."""
        folder.mkdir(parents=True, exist_ok=True)
        config = dict(peft_type="LORA", base_model_name_or_path=str(model), r=self.rank, lora_alpha=self.alpha,
                      lora_dropout=0.0, target_modules=sorted(self.targets), bias="none", fan_in_fan_out=False,
                      inference_mode=True, init_lora_weights=True, modules_to_save=None, rank_pattern={},
                      alpha_pattern={}, task_type=None, use_dora=False, use_rslora=False)
        text = json.dumps(config, indent=2, sort_keys=True) + "\n"
        (folder / "adapter_config.json").write_text(text, encoding="utf-8")
        partial = folder / "adapter_model.safetensors.partial"
        save_file(self.tensors(), str(partial), metadata={"format": "pt"})
        partial.chmod(0o644)  # save_file lets only the owner read it
        os.replace(partial, folder / "adapter_model.safetensors")


def load(network, folder):
    """Puts a saved adapter into a network."""
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    modules = next(name for name, targets in MODULES.items() if sorted(targets) == config["target_modules"])
    adapter = Adapter(network, config["r"], config["lora_alpha"], modules)
    adapter.restore(load_file(str(folder / "adapter_model.safetensors")))
    return adapter
