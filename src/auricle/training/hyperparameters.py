"""How a network learns: the configuration of training."""

from dataclasses import dataclass
from typing import Any

from auricle.augmentation.spectral import SpectralAugment
from auricle.core.schema import build, check, one_of

MONITORED = ("val_loss", "val_accuracy", "loss", "accuracy")


@dataclass(frozen=True)
class SpecAugment:
    """Masks of SpecAugment (Park et al., 2019), in frames and coefficients."""

    time_masks: int
    max_frames: int
    frequency_masks: int
    max_coefficients: int

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            check(value >= 0, f"{name}={value} must not be negative")


@dataclass(frozen=True)
class Train:
    """How a network learns."""

    targets: str
    epochs: int
    monitor: str
    patience: int
    batch_size: int
    learning_rate: float
    schedule: str
    decay: float
    decay_after: int
    optimizer: dict[str, Any]
    balance: bool
    group_power: float
    pause_weight: float
    averaging: float
    comparison: float
    label_smoothing: float
    mixup_alpha: float
    spec_augment: SpecAugment
    changes: SpectralAugment
    seed: int

    def __post_init__(self) -> None:
        one_of("targets", self.targets, ("independent", "exclusive"))
        one_of("schedule", self.schedule, ("constant", "cosine", "exponential"))
        one_of("monitor", self.monitor, MONITORED)
        for name in ("epochs", "patience", "batch_size", "learning_rate"):
            check(getattr(self, name) > 0, f"{name}={getattr(self, name)} must be positive")
        check(
            0 <= self.label_smoothing < 1,
            f"label_smoothing={self.label_smoothing} must lie in [0, 1)",
        )
        check(self.decay >= 0, f"decay={self.decay} must not be negative")
        check(self.decay_after >= 0, f"decay_after={self.decay_after} must not be negative")
        check(self.mixup_alpha >= 0, f"mixup_alpha={self.mixup_alpha} must not be negative")
        check(self.comparison >= 0, f"comparison={self.comparison} must not be negative")
        check(0 <= self.group_power <= 1, f"group_power={self.group_power} must lie in [0, 1]")
        check(self.pause_weight >= 0, f"pause_weight={self.pause_weight} must not be negative")
        check(0 <= self.averaging < 1, f"averaging={self.averaging} must lie in [0, 1)")
        build(self.optimizer, "train.optimizer")
