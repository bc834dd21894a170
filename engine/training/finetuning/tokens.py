# SPDX-License-Identifier: MIT
"""Text to token ids and back, from a checkpoint's tokenizer.json.

Byte-level BPE without splitting rules, as small checkpoints have it, is done here; the official tokenizer needs the
package tokenizers.
"""
import json
import re
from pathlib import Path


def _byte_alphabet():
    """GPT-2's printable stand-ins for the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + i) for i, byte in enumerate(others)}


class SimpleTokens:
    """A tokenizer.json whose pre-tokenizer is ByteLevel without its regular expression."""

    def __init__(self, content):
        self.special = {token["content"]: token["id"] for token in content["added_tokens"]}
        self.vocabulary = content["model"]["vocab"]
        pairs = (pair.split(" ") if isinstance(pair, str) else pair for pair in content["model"]["merges"])
        self.ranks = {tuple(pair): rank for rank, pair in enumerate(pairs)}
        self.alphabet = _byte_alphabet()
        self.bytes = {stand_in: byte for byte, stand_in in self.alphabet.items()}
        self.texts = {i: token for token, i in self.vocabulary.items()}
        self.split = re.compile("(" + "|".join(map(re.escape, sorted(self.special, key=len, reverse=True))) + ")")

    def encode(self, text):
        ids = []
        for piece in self.split.split(text):
            if piece in self.special:
                ids.append(self.special[piece])
            elif piece:
                ids += [self.vocabulary[token] for token in self.merge([self.alphabet[b] for b in piece.encode()])]
        return ids

    def merge(self, parts):
        """Joins the pair of the lowest rank until none is left."""
        while True:
            ranked = [(self.ranks[pair], pair) for pair in zip(parts, parts[1:]) if pair in self.ranks]
            if not ranked:
                return parts
            pair, joined, i = min(ranked)[1], [], 0
            while i < len(parts):
                if tuple(parts[i:i + 2]) == pair:
                    joined.append(parts[i] + parts[i + 1])
                    i += 2
                else:
                    joined.append(parts[i])
                    i += 1
            parts = joined

    def decode(self, ids):
        special = set(self.special.values())
        stand_ins = "".join(self.texts.get(i, "") for i in ids if i not in special)
        return bytes(self.bytes[c] for c in stand_ins).decode(errors="replace")


class LibraryTokens:
    def __init__(self, path):
        try:
            from tokenizers import Tokenizer
        except ImportError:
            raise SystemExit(f"{path} has splitting rules: install the package tokenizers.") from None
        self.tokenizer = Tokenizer.from_file(str(path))

    def encode(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, ids):
        return self.tokenizer.decode(ids)


def load(folder):
    """The tokenizer of a checkpoint folder."""
    path = Path(folder) / "tokenizer.json"
    if not path.exists():
        raise SystemExit(f"{path} does not exist; put the checkpoint's tokenizer there.")
    content = json.loads(path.read_text(encoding="utf-8"))
    rules = content.get("pre_tokenizer") or {}
    if rules.get("type") == "ByteLevel" and not rules.get("use_regex", True) and not rules.get("add_prefix_space"):
        return SimpleTokens(content)
    return LibraryTokens(path)
