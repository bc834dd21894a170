# SPDX-License-Identifier: MIT
"""The training loss of a batch: next character, and two helpers that fade, slots and guided attention."""
import torch
import torch.nn.functional as F

import vocabulary as voc

GUIDE_LAYER = 1
BALANCE = 0.01  # weight of the experts' load balance
NOTHING = 0.25  # weight of an empty slot


def slot_loss(logits, slots):
    """Cross entropy of the auxiliary heads, (mean over both, share of the characters seen by the tokens)."""
    weights = torch.ones(voc.INK_CLASSES, device=slots.device)
    weights[:1].fill_(NOTHING)
    target = slots.long().flatten()
    total = sum(F.cross_entropy(part.float().flatten(0, -2), target, weight=weights) for part in logits)
    right = ((logits[1].argmax(-1) == slots) & (slots > 0)).sum() / (slots > 0).sum().clamp(min=1)
    return total, right


def guide_loss(head, guide, image_tokens):
    """-log of the attention that each answer position pays to the image token with the next character."""
    queries, keys = head
    first = 1 + image_tokens  # the prompt, which predicts the first character
    count = guide.shape[1]
    scores = (queries[:, first:first + count].float() @ keys.float().mT) * queries.shape[-1] ** -0.5
    positions = torch.arange(keys.shape[1], device=keys.device)
    future = positions[None, :] > first + torch.arange(count, device=keys.device)[:, None]
    attention = scores.masked_fill(future, -torch.inf).log_softmax(-1)
    wanted = guide >= 0
    target = (guide.clamp(min=0) + 1).unsqueeze(-1)
    picked = attention.gather(-1, target).squeeze(-1)
    return -(picked.clamp(min=-9) * wanted).sum() / wanted.sum().clamp(min=1)


def encoder_loss(network, pixels, slots):
    """While only SAM learns: its tokens go to the auxiliary head as they are."""
    neck, features = network.sam(pixels)
    loss, seen = slot_loss(network.slots(neck, features), slots)
    return loss, dict(seen=seen)


def reading_loss(network, pixels, batch, corner=None):
    """Everything.  @return (loss, figures to show)

    Nothing here waits for the device, so that the step can be recorded as a CUDA graph.
    """
    ids, guide = batch["ids"].long(), batch["guide"].long()
    neck, tokens, image = network.encode(pixels, corner)
    slots, seen = slot_loss(network.slots(neck, tokens), batch["slots"])
    hidden, head = network.decode(image, ids[:, :-1], batch["prompt"], guide_layer=GUIDE_LAYER)
    logits = network.head(hidden[:, 1 + image.shape[1]:]).float()
    known = ids != voc.PAD
    answer = F.cross_entropy(logits.flatten(0, 1), ids.flatten(), ignore_index=voc.PAD)
    attention = guide_loss(head, guide, image.shape[1])
    balance = sum(layer.feed_forward.balance for layer in network.layers
                  if getattr(layer.feed_forward, "balance", None) is not None)
    right = ((logits.argmax(-1) == ids) & known).sum() / known.sum()
    loss = answer + batch["auxiliary"] * slots + batch["guiding"] * attention + BALANCE * balance
    return loss, dict(answer=answer, right=right, seen=seen, guide=attention)
