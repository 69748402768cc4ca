"""Fine-tune a causal language model of Hugging Face with TRL, as configured in config.json.

    python train.py CONFIG [ATTEMPT]

Runs in the same way under plain Python, `accelerate launch`, `torchrun`, `srun` and as a worker of Ray Train (which
calls `run`). The folder of CONFIG holds the state of the run: `events.jsonl` gets a line for each step, `checkpoints/`
is what a training resumes from, `model/` is the trained model, and `result.json` appears last and complete. A SIGTERM,
or a file `stop` in the folder, ends the training with a checkpoint. Exit status: 0 trained, 1 failed, 143 stopped.
"""

import json
import math
import os
import signal
import sys
import threading
from pathlib import Path

from checkpoints import newest_checkpoint, save
from journal import Journal, Json, TrainerError, alone, carry_out, check_packages
from models import linear_layers, load_model
from ranks import asked_to_stop, show_gpus, take_ranks_of_slurm
from texts import as_records, read_texts, split_batch


def run(config_path: str, attempt: int = 1) -> int:
    """Train; returns the exit status."""
    take_ranks_of_slurm()
    folder = Path(config_path).resolve().parent
    writes = int(os.environ.get("RANK", "0")) == 0
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():  # A worker of Ray Train runs in another thread.
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
    progress: Json = {"step": 0}

    def work(journal: Journal) -> str:
        config = json.loads(Path(config_path).read_text(encoding="utf-8"))
        return "succeeded" if train(config, folder, journal, stop, progress) else "interrupted"

    return alone(folder, writes, lambda: carry_out(Journal(folder, attempt, writes), work, progress))


def train(config: Json, folder: Path, journal: Journal, stop: threading.Event, progress: Json) -> bool:
    """True if the training finished, false if it was stopped, with a checkpoint if it had started."""
    check_packages()
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        show_gpus(config["gpus"])
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from recorder import Recorder
    from trl import SFTConfig, SFTTrainer

    # A cluster may show each of several processes only its own GPU.
    wanted, seen = min(config["gpus"], 1) if world > 1 else config["gpus"], torch.cuda.device_count()
    if wanted > seen:
        raise TrainerError("NO_GPU", f"{config['gpus']} GPUs were asked for and torch sees {seen}.")
    micro, accumulate = split_batch(config["batch_size"], world, config["micro_batch_size"])
    texts, validation = (
        read_texts(folder, config["training_file"]),
        read_texts(folder, config["validation_file"]),
    )
    if not texts:
        raise TrainerError("NO_TRAINING_TEXTS", "The training file has no text.")
    steps = math.ceil(len(texts) / config["batch_size"]) * config["epochs"]
    lora, half = config["lora"], config["precision"]
    shards = config["shard"] and world > 1 and config["gpus"] > 0  # FSDP does not work between CPUs.
    checkpoints = folder / "checkpoints"
    arguments = SFTConfig(
        output_dir=str(checkpoints),
        num_train_epochs=config["epochs"],
        per_device_train_batch_size=micro,
        per_device_eval_batch_size=micro,
        gradient_accumulation_steps=accumulate,
        learning_rate=config["learning_rate"],
        lr_scheduler_type=config["schedule"],
        warmup_steps=min(50, math.ceil(steps / 10)),
        weight_decay=config["weight_decay"],
        adam_beta2=config["adam_beta2"],
        max_grad_norm=config["max_grad_norm"],
        max_length=config["max_length"],
        completion_only_loss=config["loss"] == "completion",
        seed=config["seed"],
        data_seed=config["seed"],
        bf16=half == "bf16",
        fp16=half == "fp16",
        use_cpu=config["gpus"] == 0,
        gradient_checkpointing=config["gradient_checkpointing"],
        fsdp=True if shards else None,
        fsdp_config={"version": 2, "state_dict_type": "FULL_STATE_DICT"} if shards else None,
        save_steps=config["checkpoint_every"],
        save_total_limit=2,
        eval_strategy="epoch" if validation else "no",
        logging_steps=1,
        logging_nan_inf_filter=False,  # It would show an earlier loss instead of NaN.
        disable_tqdm=True,
        report_to="none",
    )
    # An adapter is trained next to frozen weights, for which half precision is enough.
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(half if lora else "", torch.float32)
    model, tokenizer = load_model(config["model"], config["revision"], dtype)
    peft = lora and LoraConfig(
        task_type="CAUSAL_LM",
        base_model_name_or_path=config["model"],
        revision=config["revision"],
        r=lora["rank"],
        lora_alpha=lora["alpha"],
        lora_dropout=lora["dropout"],
        target_modules=linear_layers(model) if lora["targets"] == "all" else lora["targets"].split(","),
    )

    start = newest_checkpoint(checkpoints, sweeps=journal.writes)

    if asked_to_stop(folder, stop):
        return False
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(as_records(texts, config["loss"])),
        eval_dataset=Dataset.from_list(as_records(validation, config["loss"])) if validation else None,
        processing_class=tokenizer,
        peft_config=peft or None,
        callbacks=[Recorder(folder, journal, stop, progress, start)],
    )
    if shards and not trainer.is_fsdp_enabled:
        raise TrainerError("NOT_SHARDED", "This transformers does not share the model among the GPUs (FSDP).")
    trainer.train(resume_from_checkpoint=start)
    progress["step"] = trainer.state.global_step
    if trainer.state.global_step < trainer.state.max_steps:
        return False
    save(trainer, folder, config)
    return True


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1))
