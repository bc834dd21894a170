#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fine-tuning of a small random checkpoint in official layout; skipped where PyTorch is missing.

    finetune.py MAKE_CHECKPOINT TRACE

MAKE_CHECKPOINT and TRACE are the built programs make-checkpoint and deepseekocr-trace.
"""
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRAINING = ROOT / "engine" / "training"
sys.path[:0] = [str(ROOT / "tests" / "pipelines"), str(TRAINING / "finetuning")]
from pipelines import Skip, Suite  # noqa: E402

NEEDED = ("torch", "PIL", "numpy", "safetensors")
TOKENIZER = ROOT / "engine" / "models" / "label-reader" / "tokenizer.json"
GOLDEN = ROOT / "tests" / "data" / "golden" / "mini-a"


def run(*command):
    outcome = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout


class Folder:
    """A checkpoint and three pictures with texts, made when first needed."""

    def __init__(self, path, make_checkpoint, trace):
        self.path, self.make_checkpoint, self.trace = path, make_checkpoint, trace
        self.model, self.data, self.adapter = path / "model", path / "data", path / "adapter"

    def make(self):
        missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
        if missing:
            raise Skip(f"needs the package {missing[0]}")
        if self.model.exists():
            return
        from PIL import Image, ImageDraw
        run(self.make_checkpoint, "--preset", "mini-a", "--seed", 1, "--tokenizer", TOKENIZER, "--out", self.model)
        self.data.mkdir()
        for number, text in enumerate(("ONE 1", "TWO\n22", "THREE: 333")):
            picture = Image.new("RGB", (200, 90), "white")
            ImageDraw.Draw(picture).text((10, 10), text, "black")
            picture.save(self.data / f"{number}.png")
            (self.data / f"{number}.txt").write_text(text + "\n", encoding="utf-8")
            picture.save(self.path / "picture.ppm")


def network_is_the_official_one(folder):
    """The ids of the official implementation, on the checkpoint of the golden data."""
    folder.make()
    import numpy as np
    import torch
    from PIL import Image
    import reader
    case = next(case for case in json.loads((GOLDEN / "manifest.json").read_text())["cases"] if case["name"] == "tiny")
    y, x, c = np.meshgrid(*map(np.arange, (case["image"]["height"], case["image"]["width"], 3)), indexing="ij")
    drawn = Image.fromarray(((3 * x + 5 * y + 7 * c + 11 * ((x * y) >> 3)) & 255).astype(np.uint8))
    view = torch.from_numpy(np.asarray(drawn.resize((512, 512), Image.BICUBIC)).copy())
    network = reader.load(folder.model, torch.float32, "cpu")
    official = case["decode"][0]["ids"]
    answer = network.read(view.permute(2, 0, 1)[None].float() / 127.5 - 1, case["ids_before_image"],
                          case["ids_after_image"], len(official), stop=False)
    assert answer[0] == official, answer


def tokenizer_is_the_trainers(folder):
    folder.make()
    import tokens
    sys.path.insert(0, str(TRAINING / "label_reader"))  # before this folder, which has a vocabulary.py too
    import vocabulary as voc
    simple = tokens.load(folder.model)
    assert simple.encode(voc.CHARACTERS) == voc.encode(voc.CHARACTERS)
    assert simple.decode(simple.encode(voc.CHARACTERS)) == voc.CHARACTERS
    assert simple.encode("\nFree OCR.") == [voc.FREE_OCR]
    assert simple.decode(simple.encode("ж 漢")) == "ж 漢", "bytes without a character of their own"


def an_adapter_is_made(folder):
    folder.make()
    shown = run(sys.executable, TRAINING / "finetune.py", "--model", folder.model, "--data", folder.data, "--out",
                folder.adapter, "--resolution", "tiny", "--steps", 3, "--batch", 2, "--rank", 2, "--checkpointing",
                "--dtype", "bfloat16", "--threads", 1)
    assert "character error rate" in shown, shown
    from safetensors import safe_open
    config = json.loads((folder.adapter / "adapter_config.json").read_text())
    assert config["peft_type"] == "LORA" and config["r"] == 2, config
    with safe_open(folder.adapter / "adapter_model.safetensors", framework="pt") as adapter, \
            safe_open(folder.model / "model.safetensors", framework="pt") as model:
        modules = {name.split(".lora_")[0] for name in adapter.keys()}
        official = set(model.keys())
        strange = [name for name in modules if name.removeprefix("base_model.model.") + ".weight" not in official]
        assert len(modules) > 60 and not strange, strange


def the_engine_merges_it(folder):
    folder.make()
    run(folder.trace, "--model", folder.model, "--adapter", folder.adapter, "--image", folder.path / "picture.ppm",
        "--mode", "tiny", "--max-new-tokens", 2, "--precision", "int8")


def a_picture_without_text_is_named(folder):
    folder.make()
    (folder.data / "2.txt").unlink()
    outcome = subprocess.run([sys.executable, str(TRAINING / "finetune.py"), "--model", str(folder.model), "--data",
                              str(folder.data), "--out", str(folder.adapter)], capture_output=True, text=True)
    assert outcome.returncode == 1 and "2.txt does not exist" in outcome.stderr, outcome.stderr


def main():
    suite = Suite()
    with tempfile.TemporaryDirectory() as path:
        folder = Folder(pathlib.Path(path), *sys.argv[1:3])
        for test in (network_is_the_official_one, tokenizer_is_the_trainers, an_adapter_is_made, the_engine_merges_it,
                     a_picture_without_text_is_named):
            suite.test(test.__name__.replace("_", " "), test, folder)
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
