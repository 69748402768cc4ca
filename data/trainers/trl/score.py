"""Complete prompts and score texts with transformers, as a job.

    python score.py FOLDER

`score.json` in FOLDER names the model. Each file `requests/NAME.json` is answered in `answers/NAME.jsonl`: a line for
each prompt as soon as its answer is known, and a last line `{"done": true}`. A file `stop` in FOLDER, or a minute in
which `alive` does not change, ends the job.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from heartbeat import Heartbeat
from journal import Journal, Json, TrainerError, carry_out, check_packages
from models import load_model

POLL_S = 0.1


class Scorer:
    def __init__(self, config: Json):
        import torch
        from transformers import GenerationConfig

        if config["gpus"] > torch.cuda.device_count():
            raise TrainerError("NO_GPU", f"A GPU was asked for and torch sees {torch.cuda.device_count()}.")
        self.torch, self.rows = torch, config["batch_size"]
        dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(config["precision"], torch.float32)
        self.device = "cuda" if config["gpus"] > 0 else "cpu"
        self.model, self.tokenizer = load_model(config["model"], config["revision"], dtype)
        self.model = self.model.to(self.device).eval()
        ends = self.model.generation_config.eos_token_id or self.tokenizer.eos_token_id
        self.begin = next(
            token
            for token in (self.tokenizer.bos_token_id, self.tokenizer.eos_token_id, 0)
            if token is not None
        )
        # Ignores the settings that the model's makers recommend for chats: no penalties, no sampling.
        self.model.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=self.begin)

    def encode(self, text: str) -> list[int]:
        return self.tokenizer(text)["input_ids"]

    def generate(self, request: Json, stopped: Callable[[], bool]) -> Iterator[Json]:
        prompts, samples, temperature = request["prompts"], request["samples"], request["temperature"]
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        # The same seed gives the same samples for a prompt, whatever else is in the request.
        rows = 1 if temperature > 0 else self.rows
        for start in range(0, len(order), rows):
            if stopped():
                return
            batch = order[start : start + rows]
            ids = [self.encode(prompts[index]) or [self.begin] for index in batch]
            tokens, mask = self.pad(ids, left=True)
            sampling = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature > 0 else {}
            self.torch.manual_seed(request["seed"])
            with self.torch.inference_mode():
                written = self.model.generate(
                    input_ids=tokens,
                    attention_mask=mask,
                    max_new_tokens=request["max_tokens"],
                    num_return_sequences=samples,
                    **sampling,
                )
            texts = [
                self.tokenizer.decode(
                    row[tokens.shape[1] :], skip_special_tokens=True, clean_up_tokenization_spaces=False
                )
                for row in written
            ]
            for place, index in enumerate(batch):
                yield {"index": index, "completions": texts[place * samples : (place + 1) * samples]}

    def score(self, request: Json, stopped: Callable[[], bool]) -> Iterator[Json]:
        waiting: list[tuple[int, list[tuple[list[int], int]]]] = []
        for index, asked in enumerate(request["requests"]):
            if stopped():
                return
            waiting.append((index, self.target_rows(asked["prompt"], asked["targets"])))
            if sum(len(rows) for _, rows in waiting) >= self.rows or index == len(request["requests"]) - 1:
                yield from self.score_together(waiting)
                waiting = []

    def score_together(self, requests: list[tuple[int, list[tuple[list[int], int]]]]) -> Iterator[Json]:
        rows = [row for _, own in requests for row in own]
        scores: list[Json] = []
        for start in range(0, len(rows), self.rows):
            scores.extend(self.sum_targets(rows[start : start + self.rows]))
        for index, own in requests:
            yield {"index": index, "scores": scores[: len(own)]}
            scores = scores[len(own) :]

    def target_rows(self, prompt: str, targets: list[str]) -> list[tuple[list[int], int]]:
        """Tokens of prompt and target as one text, and where the target starts: after their common tokens."""
        start, texts = self.encode(prompt), [self.encode(prompt + target) for target in targets]
        begin = min([len(start), *(common_prefix(start, ids) for ids in texts)])
        return [(ids, begin) if begin > 0 else ([self.begin, *ids], 1) for ids in texts]

    def sum_targets(self, rows: list[tuple[list[int], int]]) -> list[Json]:
        tokens, mask = self.pad([ids for ids, _ in rows], left=False)
        with self.torch.inference_mode():
            logits = self.model(input_ids=tokens, attention_mask=mask).logits.float()
        known = self.torch.log_softmax(logits[:, :-1], dim=-1).gather(2, tokens[:, 1:, None])[..., 0]
        return [
            {
                "logprob": known[row, begin - 1 : len(ids) - 1].double().sum().item(),
                "tokens": len(ids) - begin,
            }
            for row, (ids, begin) in enumerate(rows)
        ]

    def pad(self, ids: list[list[int]], left: bool) -> tuple[Any, Any]:
        longest = max(len(row) for row in ids)

        def filled(row: list[int], content: list[int], filler: int) -> list[int]:
            padding = [filler] * (longest - len(row))
            return padding + content if left else content + padding

        tokens = [filled(row, row, self.begin) for row in ids]
        mask = [filled(row, [1] * len(row), 0) for row in ids]
        return self.torch.tensor(tokens, device=self.device), self.torch.tensor(mask, device=self.device)


def common_prefix(a: list[int], b: list[int]) -> int:
    return next((place for place, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def serve(folder: Path, scorer: Scorer) -> None:
    """Answer requests in the order of their names until the job must stop."""
    stop, answers = folder / "stop", folder / "answers"
    answers.mkdir(exist_ok=True)
    answered: set[str] = set()
    heartbeat = Heartbeat(folder)
    while not stop.exists() and heartbeat.beats():
        waiting = sorted(path for path in (folder / "requests").glob("*.json") if path.name not in answered)
        if not waiting:
            time.sleep(POLL_S)
            continue
        request = json.loads(waiting[0].read_text(encoding="utf-8"))
        work = scorer.generate if request["kind"] == "generate" else scorer.score
        with (answers / f"{waiting[0].stem}.jsonl").open("w", encoding="utf-8") as file:
            for answer in work(request, lambda: stop.exists() or not heartbeat.beats()):
                file.write(json.dumps(answer, allow_nan=False) + "\n")
                file.flush()
            if not stop.exists() and heartbeat.beats():
                file.write('{"done": true}\n')
        answered.add(waiting[0].name)


def main(folder: Path) -> int:
    def work(journal: Journal) -> str:
        config = json.loads((folder / "score.json").read_text(encoding="utf-8"))
        check_packages()
        scorer = Scorer(config)
        journal.event("status", message="running")
        serve(folder, scorer)
        return "succeeded"

    return carry_out(Journal(folder, 1, writes=True), work, {})


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
