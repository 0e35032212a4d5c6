"""How a network learns: the configuration of training."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from auricle.augmentation.spectral import SpectralAugment
from auricle.core.schema import AUTO, build, check, one_of

TARGETS = ("independent", "exclusive", "exclusive_or_none")
_MANY_GROUPS = 100  # so many are little helped by those of validation
_EPOCHS, _STEPS = 20, 900  # what `epochs: auto` has at least
# A batch holds so many windows where there are fewer than so many in all.
_BATCHES, _LARGEST_BATCH = ((1000, 32), (5000, 64)), 128

MONITORED = ("val_loss", "val_balanced_accuracy", "loss", "balanced_accuracy")


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
    """How a network learns. `targets`, `epochs` and `batch_size` may be `auto`: see `fitted`."""

    targets: str
    epochs: Any
    monitor: str
    patience: int | None
    batch_size: Any
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
    refit: Any
    seed: int

    def __post_init__(self) -> None:
        one_of("targets", self.targets, (AUTO, *TARGETS))
        for name in ("epochs", "batch_size"):
            value = getattr(self, name)
            check(
                value == AUTO or (isinstance(value, int) and value > 0),
                f"{name}={value} must be a positive whole number, or auto",
            )
        check(self.refit in (AUTO, True, False), f"refit={self.refit} must be auto, true or false")
        one_of("schedule", self.schedule, ("constant", "cosine", "exponential"))
        one_of("monitor", self.monitor, MONITORED)
        check(
            self.patience is None or self.patience > 0, f"patience={self.patience} must be positive"
        )
        check(self.learning_rate > 0, f"learning_rate={self.learning_rate} must be positive")
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

    def fitted(self, targets: str, windows: int, groups: int, unlabelled: bool) -> "Train":
        """Return the same with numbers that fit the training windows where it says `auto`.

        Few windows go in small batches, and through more epochs: at least 20, and as many as have
        900 steps. Where fewer than 100 groups train, a second network learns from those that
        validate, too.

        Parameters
        ----------
        targets
            What fits the recordings: `independent`, or `exclusive`.
        windows, groups
            How many there are; of groups, those that have a label.
        unlabelled
            Whether some of them have no label, so that softmax needs a place for none.
        """
        if self.targets != AUTO:
            targets = self.targets
        elif targets == "exclusive" and unlabelled:
            targets = "exclusive_or_none"
        batch_size = self.batch_size
        if batch_size == AUTO:
            batch_size = next((size for most, size in _BATCHES if windows < most), _LARGEST_BATCH)
        epochs = self.epochs
        if epochs == AUTO:
            epochs = max(_EPOCHS, math.ceil(_STEPS / math.ceil(max(1, windows) / batch_size)))
        return dataclasses.replace(
            self,
            targets=targets,
            epochs=epochs,
            batch_size=batch_size,
            refit=groups < _MANY_GROUPS if self.refit == AUTO else self.refit,
        )
