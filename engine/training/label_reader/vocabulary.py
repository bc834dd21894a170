# SPDX-License-Identifier: MIT
"""The label reader's vocabulary: characters to ids and back, and its tokenizer.json.

Byte-level like the official tokenizer, so that any text can be written: printable ASCII and Latin-1 have ids of their
own, every other byte has one to fall back to.
"""

PAD, BOS, EOS = 0, 1, 2
PROMPTS = ("Free OCR.", "<|grounding|>OCR this image.")
FREE_OCR, GROUNDING = 3, 4
IMAGE = 5
REF, END_REF, DET, END_DET = 6, 7, 8, 9
SPECIAL = ("<pad>", "<s>", "</s>", "\n" + PROMPTS[0], "\n" + PROMPTS[1], "<image>", "<|ref|>", "<|/ref|>", "<|det|>",
           "<|/det|>")
ASCII = "\n" + "".join(chr(code) for code in range(32, 127))
LATIN = "".join(chr(code) for code in range(0xA1, 0x100) if code != 0xAD) + "€"  # 0xAD, the soft hyphen, is not seen
CHARACTERS = ASCII + LATIN
FIRST_CHARACTER = len(SPECIAL)
# Classes of the dense auxiliary heads: 0 is nothing or a blank, the others are what leaves ink.
INK = "".join(c for c in CHARACTERS if c not in "\n ")
INK_CLASSES = 1 + len(INK)

_ids = {c: FIRST_CHARACTER + i for i, c in enumerate(CHARACTERS)}
_characters = {i: c for c, i in _ids.items()}
_tags = {REF: SPECIAL[REF], END_REF: SPECIAL[END_REF], DET: SPECIAL[DET], END_DET: SPECIAL[END_DET]}
_ink = {c: 1 + i for i, c in enumerate(INK)}


def encode(text):
    """Ids of a text of CHARACTERS."""
    return [_ids[c] for c in text]


def decode(ids):
    """The text of ids up to EOS; ids without a text of their own are left out."""
    text = []
    for i in ids:
        if i == EOS:
            break
        text.append(_characters.get(i) or _tags.get(i, ""))
    return "".join(text)


def encode_grounded(lines):
    """Ids of an answer with boxes: lines of (text, (x0, y0, x1, y1)), coordinates 0 to 999 of the picture."""
    ids = []
    for i, (text, box) in enumerate(lines):
        coordinates = encode("[[" + ",".join(str(v) for v in box) + "]]")
        ids += ([] if i == 0 else encode("\n")) + [REF] + encode(text) + [END_REF, DET] + coordinates + [END_DET]
    return ids


def ink_class(character):
    """Class of a character in the auxiliary heads."""
    return _ink.get(character, 0)


# ---------------------------------------------------------------------------------------------------- tokenizer.json

def _byte_alphabet():
    """GPT-2's printable stand-ins for the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    alphabet, extra = {}, 0
    for byte in range(256):
        if byte in plain:
            alphabet[byte] = chr(byte)
        else:
            alphabet[byte] = chr(256 + extra)
            extra += 1
    return alphabet


def tokenizer_vocabulary():
    """(token to id of the BPE model, merges): single bytes, and the merges that make one token of each character."""
    alphabet = _byte_alphabet()
    vocabulary, merges = {}, []
    for character in CHARACTERS:
        parts = [alphabet[byte] for byte in character.encode()]
        vocabulary["".join(parts)] = _ids[character]
    next_id = FIRST_CHARACTER + len(CHARACTERS)
    for stand_in in alphabet.values():
        if stand_in not in vocabulary:
            vocabulary[stand_in] = next_id
            next_id += 1
    for character in CHARACTERS:
        parts = [alphabet[byte] for byte in character.encode()]
        if len(parts) == 3 and parts[0] + parts[1] not in vocabulary:
            vocabulary[parts[0] + parts[1]] = next_id
            next_id += 1
            merges.append([parts[0], parts[1]])
        if len(parts) > 1:
            merges.append(["".join(parts[:-1]), parts[-1]])
    return vocabulary, merges


def vocabulary_size():
    """Rows of the embedding: all ids, rounded up to a multiple of 8."""
    vocabulary, _ = tokenizer_vocabulary()
    return (max(vocabulary.values()) + 8) // 8 * 8


def tokenizer_json():
    """The contents of tokenizer.json as a dictionary."""
    vocabulary, merges = tokenizer_vocabulary()
    added = [dict(id=i, content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
             for i, content in enumerate(SPECIAL)]
    byte_level = dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=False)
    model = dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix=None, end_of_word_suffix=None,
                 fuse_unk=False, byte_fallback=False,
                 vocab={**{content: i for i, content in enumerate(SPECIAL)}, **vocabulary},
                 merges=[" ".join(pair) for pair in merges])
    return dict(version="1.0", truncation=None, padding=None, added_tokens=added, normalizer=None,
                pre_tokenizer=byte_level, post_processor=None,
                decoder=dict(type="ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True), model=model)
