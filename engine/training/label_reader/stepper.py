# SPDX-License-Identifier: MIT
"""One training step; on a GPU recorded once for each shape and replayed, because launching its two thousand small
kernels one by one takes longer than they run."""
import torch
import torch.nn.functional as F

import augment
import losses
import vocabulary as voc

TENSORS = ("luma", "alpha", "matrices", "pictures", "rough", "slots", "ids", "guide")
ROUND = 128  # answers are padded to multiples of this, so that few shapes are recorded


class Stepper:
    """step() runs augmentation, loss, gradients and the optimiser for one batch.

    plan       schedule.Plan
    graphs     record and replay (CUDA only)
    new_heads  the auxiliary heads know nothing yet, and the rest of the network does
    """

    def __init__(self, network, optimizer, plan, autocast, graphs, new_heads):
        self.network, self.optimizer, self.plan, self.autocast = network, optimizer, plan, autocast
        self.new_heads = new_heads
        self.device = next(network.parameters()).device
        self.graphs = {} if graphs else None
        self.pool = torch.cuda.graph_pool_handle() if graphs else None
        self.optimizer_graph = None

    def to_device(self, batch):
        """What step() takes, of a batch of dataset.py."""
        moved = {name: batch[name].to(self.device, non_blocking=True) for name in TENSORS}
        rough_share = float(batch["rough"].float().mean())
        return dict(moved, prompt=batch["prompt"], canvas=batch["canvas"], rough_share=rough_share)

    def step(self, batch, progress, count, corner):
        """@return figures to show, tensors of one number; they hold until the next step"""
        encoder_only = self.plan.encoder_only(progress)
        self.optimizer.set_rates(self.plan.rate(progress, count))
        inputs = self.inputs(batch, progress, corner, encoder_only, self.plan.ease_in(count) if self.new_heads else 1.0)
        if self.graphs is None:
            figures = self.gradients(inputs, batch["prompt"], encoder_only)
            return dict(figures, gradient=self.optimizer.step())
        figures = self.replay(inputs, batch["prompt"], encoder_only)
        return dict(figures, gradient=self.replay_optimizer())

    def inputs(self, batch, progress, corner, encoder_only, ease_in=1.0):
        """Everything that the loss reads, on the device."""
        pixels = augment.augment(batch["luma"], batch["alpha"], batch["matrices"], batch["pictures"], batch["rough"],
                                 batch["rough_share"])
        inputs = dict(pixels=pixels, slots=batch["slots"])
        if encoder_only:
            return inputs
        more = -batch["ids"].shape[1] % ROUND
        weights = self.numbers([ease_in * self.plan.auxiliary(progress), self.plan.guide(progress)], torch.float32)
        return dict(inputs, ids=F.pad(batch["ids"], (0, more), value=voc.PAD),
                    guide=F.pad(batch["guide"], (0, more), value=-1), weights=weights,
                    corner=self.numbers(corner, torch.long))

    def numbers(self, values, dtype):
        """On the device without waiting for it, which a copy from ordinary memory would do."""
        tensor = torch.tensor(values, dtype=dtype)
        return tensor.pin_memory().to(self.device, non_blocking=True) if self.device.type == "cuda" else tensor

    def gradients(self, inputs, prompt, encoder_only):
        self.optimizer.zero()
        with self.autocast():
            if encoder_only:
                loss, figures = losses.encoder_loss(self.network, inputs["pixels"], inputs["slots"])
            else:
                batch = dict(ids=inputs["ids"], guide=inputs["guide"], slots=inputs["slots"], prompt=prompt,
                             auxiliary=inputs["weights"][0], guiding=inputs["weights"][1])
                loss, figures = losses.reading_loss(self.network, inputs["pixels"], batch, inputs["corner"])
        loss.backward()
        return {name: value.detach() for name, value in dict(figures, loss=loss).items()}

    def replay(self, inputs, prompt, encoder_only):
        key = (tuple(inputs["pixels"].shape), inputs["ids"].shape[1] if "ids" in inputs else 0, prompt, encoder_only)
        if key not in self.graphs:
            figures = self.gradients(inputs, prompt, encoder_only)  # also what sets libraries up before recording
            self.graphs[key] = self.record(inputs, prompt, encoder_only)
            return figures
        if self.graphs[key] is None:
            return self.gradients(inputs, prompt, encoder_only)
        graph, held, figures = self.graphs[key]
        for name, tensor in held.items():
            tensor.copy_(inputs[name])
        graph.replay()
        return figures

    def record(self, inputs, prompt, encoder_only):
        """(graph, the tensors that it reads, the figures that it writes); does not run it."""
        held = {name: tensor.clone() for name, tensor in inputs.items()}
        recorded = self.capture(lambda: self.gradients(held, prompt, encoder_only))
        return recorded and (recorded[0], held, recorded[1])

    def capture(self, work):
        """(graph, what `work` returned); None where this step cannot be recorded: it then runs as it is."""
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize()
        try:
            # On the stream of the other steps, so that gradients never change streams.
            with torch.cuda.graph(graph, pool=self.pool, stream=torch.cuda.current_stream(),
                                  capture_error_mode="thread_local"):
                result = work()
        except RuntimeError as error:
            print(f"not recorded as a CUDA graph: {error}", flush=True)
            return None
        return graph, result

    def replay_optimizer(self):
        if not self.optimizer_graph:
            norm = self.optimizer.step()
            if self.optimizer_graph is None:
                self.optimizer_graph = self.capture(self.optimizer.step) or False
            return norm
        graph, norm = self.optimizer_graph
        graph.replay()
        return norm
