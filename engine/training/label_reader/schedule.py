# SPDX-License-Identifier: MIT
"""What happens when: learning rate, weights of the auxiliary losses, share of prompts, over progress 0..1."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    encoder_share: float = 0.08   # of the time: SAM and the auxiliary heads alone
    decay_start: float = 0.30     # from here the learning rate falls in a line
    last_rate: float = 0.01
    grounding_from: float = 0.35
    grounding: float = 0.10
    warm_up: int = 150            # steps, also after a resume

    def encoder_only(self, progress):
        return progress < self.encoder_share

    def rate(self, progress, step):
        """Factor of the learning rates; `step` counts from the start or the resume."""
        fall = max(0.0, progress - self.decay_start) / (1 - self.decay_start)
        return min(1.0, (step + 1) / self.warm_up) * max(self.last_rate, 1 - fall)

    def auxiliary(self, progress):
        """Weight of the slot losses: they make the encoder see, and would later pull it from what the decoder needs."""
        return 1.0 if self.encoder_only(progress) else max(0.1, 1 - 1.5 * progress)

    def ease_in(self, step):
        """Factor of auxiliary() where its heads start anew beside a network that reads already: small at first, for the
        heads' optimiser (Adam) learns as fast from a small loss, and the encoder does not follow what they get wrong."""
        return min(1.0, max(0.01, step / 300) ** 2)

    def guide(self, progress):
        """Weight of the guided attention."""
        return 0.3 * max(0.2, 1 - 1.5 * progress)

    def grounding_share(self, progress):
        return self.grounding if progress >= self.grounding_from else 0.0
