#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is broken, absurd or missing ends in a sentence that says so: no crash, no hang, no exit status 0."""
import os
import pathlib
import shutil
import struct
import sys
import zlib

from pipelines import DATA, ROOT, SAMPLES, Suite, launch, workspace

MODEL = ROOT / "engine" / "models" / "label-reader"
READ = "deepseekocr name=ocr {} ocr.text ! queue ! filesink location=out.txt"
PICTURE = f"filesrc location={SAMPLES}/label.png ! pngdec ! videoconvert ! "


def check_error(outcome, *words, elements=""):
    """The pipeline failed by itself, and the error sentences of `elements` hold all the words; a named element has one."""
    assert outcome.code is not None and 0 < outcome.code, outcome.describe()
    found = outcome.sentences(elements)
    assert found, "no error sentence\n" + outcome.describe()
    assert not elements or len(found) == 1, f"{len(found)} error sentences\n" + outcome.describe()
    for word in words:
        assert any(word in sentence for sentence in found), f"no {word!r} in\n" + "\n".join(found)
    assert "CRITICAL" not in outcome.errors, outcome.describe()


def png_header(width, height):
    """A PNG that promises width x height grey pixels and holds few of them."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes(1 << 20))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def picture_file(folder, name, content, decoder):
    pathlib.Path(folder, name).write_bytes(content)
    check_error(launch(f"filesrc location={name} ! {decoder} ! videoconvert ! {READ.format('')}", folder))


def pictures(suite, folder):
    cases = {
        "text.png": (b"This is a text file and no picture at all.\n" * 3, "decodebin"),
        "huge.png": (png_header(30000, 30000), "pngdec"),
    }
    for name, (content, decoder) in cases.items():
        suite.test(name, picture_file, folder, name, content, decoder)
    suite.test("label-cmyk.jpg", cmyk, folder)
    whole = (DATA / "images" / "label.jpg").read_bytes()
    suite.test("truncated.jpg", ended, folder, "truncated.jpg", whole[: len(whole) * 2 // 5], "jpegdec")
    suite.test("empty.png", ended, folder, "empty.png", b"", "pngdec")


def cmyk(folder):
    source = f"filesrc location={DATA}/images/label-cmyk.jpg ! jpegdec ! videoconvert"
    check_error(launch(f"{source} ! {READ.format('')}", folder))


def ended(folder, name, content, decoder):
    """The decoder makes what it can of it, perhaps nothing; all that is asked for is an end.

    No decodebin here: behind an empty file it leaves gst-launch-1.0 1.22 waiting every other time, whatever follows.
    """
    pathlib.Path(folder, name).write_bytes(content)
    outcome = launch(f"filesrc location={name} ! {decoder} ! videoconvert ! {READ.format('')}", folder)
    assert outcome.code in (0, 1, 255), outcome.describe()


def pdf_file(folder, name, content, *words):
    pathlib.Path(folder, name).write_bytes(content)
    outcome = launch(f"filesrc location={name} ! pdfdec ! {READ.format('')}", folder)
    check_error(outcome, *words, elements="GstPdfDec")


def pdfs(suite, folder):
    noise = bytes((i * i * 31 + i // 7) % 256 for i in range(4000))
    cases = {
        "empty.pdf": b"",
        "garbage.pdf": b"%PDF-1.7\n" + noise,
        "no-pdf.pdf": b"plain text\n" * 100,
        "zero-pages.pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
                          b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
    }
    for name, content in cases.items():
        suite.test(name, pdf_file, folder, name, content)
    encrypted = (DATA / "pdf" / "encrypted.pdf").read_bytes()
    suite.test("encrypted.pdf without password", pdf_file, folder, "encrypted.pdf", encrypted, "password")


def wrong_property(folder, properties, *words):
    check_error(launch(PICTURE + READ.format(properties), folder), *words, elements="GstDeepseekOcr")


def broken_model(folder, name, change, *words):
    model = pathlib.Path(folder, name)
    shutil.copytree(MODEL, model)
    change(model)
    wrong_property(folder, f"model-path={model}", *words)


def truncate(model):
    file = model / "model.safetensors"
    os.truncate(file, file.stat().st_size // 2)


def remove(name):
    return lambda model: (model / name).unlink()


def write(name, text):
    return lambda model: (model / name).write_text(text)


def broken_adapter(folder, name, change, *words):
    adapter = pathlib.Path(folder, name)
    adapter.mkdir()
    for file in ("adapter_config.json", "adapter_model.safetensors"):
        shutil.copy(DATA / "golden" / "adapter-mini-a" / "decoder" / file, adapter)
    change(adapter)
    wrong_property(folder, f"adapter-path={adapter}", *words)


def adapters(suite, folder):
    suite.test("no such adapter", wrong_property, folder, "adapter-path=nowhere", "nowhere")
    cases = {
        "adapter of another model": (lambda adapter: None, "adapter_model.safetensors"),
        "adapter without config": (remove("adapter_config.json"), "adapter_config.json"),
        "adapter without weights": (remove("adapter_model.safetensors"), "adapter_model.safetensors"),
        "adapter of another kind": (write("adapter_config.json", '{"peft_type": "LOHA"}'), "peft_type"),
    }
    for name, (change, word) in cases.items():
        suite.test(name, broken_adapter, folder, name.replace(" ", "-"), change, word)


def models(suite, folder):
    suite.test("no such model", wrong_property, folder, "model-path=nowhere", "nowhere")
    cases = {
        "model without config": (remove("config.json"), "config.json"),
        "model without weights": (remove("model.safetensors"), "safetensors"),
        "model without tokenizer": (remove("tokenizer.json"), "tokenizer.json"),
        "truncated weights": (truncate, "model.safetensors"),
        "config that is no JSON": (write("config.json", "{"), "config.json"),
    }
    for name, (change, word) in cases.items():
        suite.test(name, broken_model, folder, name.replace(" ", "-"), change, word)


def no_engine(folder):
    env = dict(os.environ, DEEPSEEKOCR_ENGINE="/nonexistent/libdeepseekocr-engine.so")
    outcome = launch(PICTURE + READ.format(""), folder, env)
    check_error(outcome, "/nonexistent/libdeepseekocr-engine.so", elements="GstDeepseekOcr")


def wrong_subtitle(folder):
    """Refused when it is linked, before any element runs."""
    pipeline = PICTURE + "deepseekocr text-format=json name=ocr ocr.text ! srtenc ! filesink location=out.srt"
    outcome = launch(pipeline, folder)
    assert outcome.code == 1 and "could not link ocr to srtenc0" in outcome.errors, outcome.describe()


def main():
    suite = Suite()
    with workspace() as folder:
        pictures(suite, folder)
        pdfs(suite, folder)
        models(suite, folder)
        adapters(suite, folder)
        suite.test("no engine library", no_engine, folder)
        suite.test("area outside the picture", wrong_property, folder, "area=600,0,10,10", "area")
        suite.test("device that does not exist", wrong_property, folder, "device=tpu:0", "tpu:0")
        suite.test("JSON into srtenc", wrong_subtitle, folder)
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
