# SPDX-License-Identifier: MIT
"""The network as a checkpoint in the official layout and tensor names, and back."""
import json
import os

import torch

import canvases
import vocabulary as voc

SAM, CLIP = "model.sam_model.", "model.vision_model."
METADATA = "label_reader_schedule"
# Font size, in pixels of the canvas, that the reader reads well; most of what it is trained on is larger.
LEGIBLE_TEXT_HEIGHT = 28
# The grounding prompt is trained too, but its boxes are not good enough yet to promise them.
SUPPORTED_PROMPTS = [voc.PROMPTS[0]]


def _linear(official, mine, bias=True):
    return [(f"{official}.{part}", f"{mine}.{part}") for part in (("weight", "bias") if bias else ("weight",))]


def _names(c):
    """Pairs (official name, parameter) of the tensors that are stored as they are."""
    pairs = [(SAM + "pos_embed", "sam.pos_embed"), (SAM + "patch_embed.proj.bias", "sam.patch.bias")]
    for i in range(c.sam_layers):
        official, mine = f"{SAM}blocks.{i}.", f"sam.blocks.{i}."
        for a, b in (("norm1", "norm1"), ("norm2", "norm2"), ("attn.qkv", "attn.qkv"), ("attn.proj", "attn.proj"),
                     ("mlp.lin1", "lin1"), ("mlp.lin2", "lin2")):
            pairs += _linear(official + a, mine + b)
        pairs += [(official + "attn." + table, mine + "attn." + table) for table in ("rel_pos_h", "rel_pos_w")]
    pairs += _linear(SAM + "neck.1", "sam.neck1") + _linear(SAM + "neck.3", "sam.neck3")
    pairs += [(SAM + "neck.2.weight", "sam.neck2.weight"), (SAM + "net_2.weight", "sam.net2.weight"),
              (SAM + "net_3.weight", "sam.net3.weight")]
    pairs += [(CLIP + "embeddings.class_embedding", "clip.class_token"),
              (CLIP + "embeddings.position_embedding.weight", "clip.positions")]
    pairs += _linear(CLIP + "pre_layrnorm", "clip.pre_norm")
    for i in range(c.clip_layers):
        official, mine = f"{CLIP}transformer.layers.{i}.", f"clip.blocks.{i}."
        for a, b in (("layer_norm1", "norm1"), ("layer_norm2", "norm2"), ("self_attn.qkv_proj", "qkv"),
                     ("self_attn.out_proj", "out"), ("mlp.fc1", "fc1"), ("mlp.fc2", "fc2")):
            pairs += _linear(official + a, mine + b)
    pairs += _linear("model.projector.layers", "projector")
    pairs += [("model.image_newline", "newline"), ("model.view_seperator", "separator"),
              ("model.embed_tokens.weight", "embedding.weight"), ("lm_head.weight", "head.weight"),
              ("model.norm.weight", "norm.weight")]
    for i in range(c.layers):
        official, mine = f"model.layers.{i}.", f"layers.{i}."
        pairs += [(official + "input_layernorm.weight", mine + "norm1.weight"),
                  (official + "post_attention_layernorm.weight", mine + "norm2.weight")]
        pairs += [(f"{official}self_attn.{p}_proj.weight", f"{mine}{p}.weight") for p in "qkvo"]
        if i == 0:
            pairs += [(f"{official}mlp.{p}_proj.weight", f"{mine}feed_forward.{p}.weight") for p in ("gate", "up", "down")]
        else:
            pairs += [(official + "mlp.gate.weight", mine + "feed_forward.router")]
            pairs += [(f"{official}mlp.shared_experts.{p}_proj.weight", f"{mine}feed_forward.shared.{p}.weight")
                      for p in ("gate", "up", "down")]
    return pairs


def _expert_names(c):
    """Triples (official name, parameter, expert)."""
    return [(f"model.layers.{i}.mlp.experts.{e}.{p}_proj.weight", f"layers.{i}.feed_forward.{p}", e)
            for i in range(1, c.layers) for e in range(c.experts) for p in ("gate", "up", "down")]


def to_official(network):
    """{official name: bfloat16 tensor on the CPU}.  A grey patch weight becomes three equal colours of a third each."""
    c, state = network.config, network.state_dict()
    tensors = {official: state[mine] for official, mine in _names(c)}
    tensors |= {official: state[mine][e] for official, mine, e in _expert_names(c)}
    grey = state["sam.patch.weight"].view(c.sam_width, 1, 16, 16)
    tensors[SAM + "patch_embed.proj.weight"] = (grey / 3).expand(-1, 3, -1, -1)
    tensors[SAM + "neck.0.weight"] = state["sam.neck0.weight"][:, :, None, None]
    return {name: t.detach().to("cpu", torch.bfloat16).contiguous().clone() for name, t in tensors.items()}


@torch.no_grad()
def from_official(network, tensors):
    """Fills the network; the auxiliary heads stay as they are."""
    c, state = network.config, network.state_dict()
    for official, mine in _names(c):
        state[mine].copy_(tensors[official])
    for official, mine, e in _expert_names(c):
        state[mine][e].copy_(tensors[official])
    state["sam.patch.weight"].copy_(tensors[SAM + "patch_embed.proj.weight"].float().sum(1).flatten(1))
    state["sam.neck0.weight"].copy_(tensors[SAM + "neck.0.weight"][:, :, 0, 0])


# ---------------------------------------------------------------------------------------------------- safetensors

def write_safetensors(path, tensors, metadata):
    """Tensors of one dtype, bfloat16, behind a JSON header."""
    header, offset, data = {"__metadata__": metadata}, 0, []
    for name in sorted(tensors):
        raw = tensors[name].view(torch.uint8).numpy().tobytes()
        header[name] = dict(dtype="BF16", shape=list(tensors[name].shape), data_offsets=[offset, offset + len(raw)])
        offset += len(raw)
        data.append(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(data))


def read_safetensors(path):
    """(tensors, metadata) of a file by write_safetensors()."""
    content = bytearray(path.read_bytes())
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8:8 + length])
    metadata = header.pop("__metadata__", {})
    data = torch.frombuffer(content, dtype=torch.uint8)[8 + length:]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = data[begin:end].clone().view(torch.bfloat16).view(entry["shape"])
    return tensors, metadata


# ---------------------------------------------------------------------------------------------------- config.json

def _language(c):
    return dict(bos_token_id=voc.BOS, eos_token_id=voc.EOS, pad_token_id=voc.PAD, first_k_dense_replace=1,
                hidden_size=c.hidden, intermediate_size=c.dense_width, kv_lora_rank=None, lm_head=True,
                max_position_embeddings=c.max_positions, moe_intermediate_size=c.expert_width, n_group=1,
                n_routed_experts=c.experts, n_shared_experts=c.shared_experts, num_attention_heads=c.heads,
                num_experts_per_tok=c.experts_per_token, num_hidden_layers=c.layers, num_key_value_heads=c.heads,
                q_lora_rank=None, qk_nope_head_dim=0, qk_rope_head_dim=0, rm_head=False, topk_group=1,
                topk_method="greedy", use_mla=False, v_head_dim=0, vocab_size=c.vocabulary)


def config_json(c):
    """config.json as a dictionary, with the keys that the engine reads beside the official ones."""
    sam = dict(width=c.sam_width, layers=c.sam_layers, heads=c.sam_heads, global_attn_indexes=list(c.global_layers),
               window_size=c.window, neck_channels=c.neck, downsample_channels=[c.middle, c.clip_width], patch_size=16,
               image_size=c.image_size)
    clip = dict(width=c.clip_width, layers=c.clip_layers, heads=c.clip_heads, patch_size=16,
                image_size=16 * c.clip_side)
    language = _language(c)
    return dict(
        _name_or_path="label-reader", architectures=["DeepseekOCRForCausalLM"], model_type="deepseek_vl_v2",
        candidate_resolutions=[[canvas.height, canvas.width] for canvas in canvases.CANVASES], position_fit="crop",
        legible_text_height=LEGIBLE_TEXT_HEIGHT, int8_vision=True, global_view_pos="head", tile_tag="2D", supported_prompts=SUPPORTED_PROMPTS, image_token_id=voc.IMAGE,
        projector_config=dict(input_dim=2 * c.clip_width, model_type="mlp_projector", n_embed=c.hidden,
                              projector_type="linear"),
        torch_dtype="bfloat16",
        vision_config=dict(image_size=c.image_size, model_name="deeplip_b_l", model_type="vision",
                           width={"clip-l-14-224": clip, "sam_vit_b": sam}),
        language_config=dict(language, architectures=["DeepseekV2ForCausalLM"], torch_dtype="bfloat16"), **language)


def write(network, out, position):
    """The three files of a checkpoint; the position of the schedule lies in the weights' metadata."""
    files = {"config.json": config_json(network.config), "tokenizer.json": voc.tokenizer_json()}
    for name, content in files.items():
        (out / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    partial = out / "model.safetensors.partial"
    write_safetensors(partial, to_official(network), {"format": "pt", METADATA: json.dumps(position)})
    os.replace(partial, out / "model.safetensors")


def read(network, out):
    """Fills the network from OUT/model.safetensors.  @return the position of the schedule, None without one"""
    tensors, metadata = read_safetensors(out / "model.safetensors")
    from_official(network, tensors)
    return json.loads(metadata[METADATA]) if METADATA in metadata else None
