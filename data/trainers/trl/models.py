"""Open a model from the Hub, a folder, a GGUF file or an adapter with its model; list its layers."""

import json
from pathlib import Path
from typing import Any


def load_model(name: str, revision: str | None, dtype: Any) -> tuple[Any, Any]:
    """The model, with its adapter merged if it has one, and its tokenizer."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    adapter = Path(name) / "adapter_config.json"
    if adapter.exists():
        return load_adapter(name, json.loads(adapter.read_text(encoding="utf-8")), dtype)
    source: dict[str, Any] = {"pretrained_model_name_or_path": name, "revision": revision}
    if name.endswith(".gguf"):
        source = {"pretrained_model_name_or_path": str(Path(name).parent), "gguf_file": Path(name).name}
    model = AutoModelForCausalLM.from_pretrained(dtype=dtype, **source)
    if "gguf_file" in source:  # Its weights are plain numbers by now, but still marked as quantized.
        model.is_quantized, model.hf_quantizer = False, None
        model.config.__dict__.pop("quantization_config", None)
    return model, AutoTokenizer.from_pretrained(**source)


def load_adapter(folder: str, config: dict[str, Any], dtype: Any) -> tuple[Any, Any]:
    from peft import PeftModel

    base, tokenizer = load_model(config["base_model_name_or_path"], config.get("revision"), dtype)
    return PeftModel.from_pretrained(base, folder).merge_and_unload(), tokenizer


def linear_layers(model: Any) -> list[str]:
    """Last parts of the names of all linear layers except the output: not every reader accepts PEFT's full paths."""
    from torch.nn import Linear
    from transformers.pytorch_utils import Conv1D

    output = model.get_output_embeddings()
    layers = (
        name
        for name, part in model.named_modules()
        if isinstance(part, (Linear, Conv1D)) and part is not output
    )
    return sorted({name.rsplit(".", 1)[-1] for name in layers})
