"""The bundle as MLflow serves it: sound files in, probabilities out.

MLflow runs this file as it is ("models from code"), so that no pickle is needed.
"""

import base64
import binascii
import tempfile
from pathlib import Path
from typing import Any

from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from auricle.core.errors import AuricleError
from auricle.inference.classify import classify_file
from auricle.inference.scorer import Scorer


class AuricleModel(PythonModel):
    """Answers `{"inputs": [{"audio": BASE64 OF A SOUND FILE}]}`."""

    def load_context(self, context: Any) -> None:
        """Load the bundle."""
        self.scorer = Scorer(Path(context.artifacts["bundle"]))

    # MLflow takes the signature from annotations, and has no word for what comes back.
    def predict(self, context, model_input: list[dict[str, str]], params=None):  # type: ignore[no-untyped-def]
        """Give what `auricle classify --format jsonl` gives for each sound, or its error."""
        return [self._answer(sound.get("audio", "")) for sound in model_input]

    def _answer(self, audio: str) -> dict[str, Any]:
        with tempfile.NamedTemporaryFile(suffix=".audio") as file:
            try:
                file.write(base64.b64decode(audio, validate=True))
                file.flush()
                answer = classify_file(Path(file.name), self.scorer).summary()
            except (AuricleError, binascii.Error) as error:
                return {"error": str(error).replace(file.name, "the sound")}
        return {key: value for key, value in answer.items() if key != "file"}


set_model(AuricleModel())
