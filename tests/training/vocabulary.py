#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What of the label reader's trainer needs neither PyTorch nor Pillow: its vocabulary, and the texts that it draws."""
import json
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "pipelines"), str(ROOT / "engine" / "training" / "label_reader")]
import carriers  # noqa: E402
import vocabulary as voc  # noqa: E402
from pipelines import Suite  # noqa: E402


def bundled_tokenizer():
    stored = json.loads((ROOT / "engine/models/label-reader/tokenizer.json").read_text(encoding="utf-8"))
    assert stored == voc.tokenizer_json(), "the bundled tokenizer.json is not the trainer's"


def bundled_config():
    stored = json.loads((ROOT / "engine/models/label-reader/config.json").read_text(encoding="utf-8"))
    assert stored["vocab_size"] == voc.vocabulary_size(), stored["vocab_size"]
    assert stored["image_token_id"] == voc.IMAGE and stored["eos_token_id"] == voc.EOS
    assert set(stored["supported_prompts"]) <= set(voc.PROMPTS), stored["supported_prompts"]


def round_trip():
    text = voc.CHARACTERS
    assert voc.decode(voc.encode(text) + [voc.EOS, 77]) == text
    assert len(set(voc.encode(text))) == len(text), "two characters share an id"


def grounded_answer():
    answer = voc.decode(voc.encode_grounded([("A 1", (1, 22, 333, 999)), ("b", (0, 0, 5, 5))]))
    expected = ("<|ref|>A 1<|/ref|><|det|>[[1,22,333,999]]<|/det|>\n"
                "<|ref|>b<|/ref|><|det|>[[0,0,5,5]]<|/det|>")
    assert answer == expected, answer


def merges_build_every_character():
    vocabulary, merges = voc.tokenizer_vocabulary()
    for left, right in merges:
        assert left in vocabulary and right in vocabulary and left + right in vocabulary, (left, right)
    assert len(set(vocabulary.values())) == len(vocabulary), "two tokens share an id"


def s10_check_digit(number):
    weights = (8, 6, 4, 2, 3, 5, 9, 7)
    rest = 11 - sum(w * int(d) for w, d in zip(weights, number)) % 11
    return {10: 0, 11: 5}.get(rest, rest)


def tracking_numbers():
    """Of the S10 numbers drawn, all have the check digit of the Universal Postal Union."""
    rng, seen = random.Random(5), 0
    for _ in range(4000):
        shown = str(carriers.s10(rng)).replace(" ", "")
        if len(shown) == 13 and shown[:2].isalpha() and shown[2:11].isdigit() and shown[11:].isalpha():
            seen += 1
            assert int(shown[10]) == s10_check_digit(shown[2:10]), shown
    assert seen > 50, f"only {seen} S10 numbers among 4000"


def main():
    suite = Suite()
    suite.test("the bundled tokenizer is the trainer's", bundled_tokenizer)
    suite.test("the bundled config fits the vocabulary", bundled_config)
    suite.test("every character has an id of its own", round_trip)
    suite.test("an answer with boxes", grounded_answer)
    suite.test("merges build every character", merges_build_every_character)
    suite.test("check digits of S10 numbers", tracking_numbers)
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
