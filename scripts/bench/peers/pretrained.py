"""Fine-tuning steps of a model of SmolLM2-135M's shape in PyTorch: the work that `pretrained.ts` measures.

Takes the method (`full` or `lora`), the batch [rows, positions + 1] as JSON and the number of steps; prints tokens a
second (the median, without the first step) and the memory that the process holds after them, in bytes.
"""

import json
import os
import statistics
import sys
import time

import psutil
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

method, batch_file, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(batch_file) as file:
    rows = torch.tensor(json.load(file))
torch.set_num_threads(len(os.sched_getaffinity(0)))

model = LlamaForCausalLM(
    LlamaConfig(
        vocab_size=49_152,
        hidden_size=576,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        intermediate_size=1536,
        max_position_embeddings=8192,
        rope_theta=1e5,
        tie_word_embeddings=True,
    )
)
if method == "lora":
    model = get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear"))
model.train()
trained = [weight for weight in model.parameters() if weight.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=1e-5, betas=(0.9, 0.98), weight_decay=0.01, fused=True)

ids, targets = rows[:, :-1], rows[:, 1:]
speeds = []
for step in range(steps):
    start = time.perf_counter()
    logits = model(input_ids=ids, use_cache=False).logits
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    if step > 0:
        speeds.append(targets.numel() / (time.perf_counter() - start))
print(json.dumps({"speed": statistics.median(speeds), "bytes": psutil.Process().memory_info().rss}))
