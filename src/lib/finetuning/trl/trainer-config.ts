/**
 * `config.json` as `train.py` reads it: everything that affects the trained model, and nothing about where it is
 * trained.
 */
export interface TrainerConfig {
  /** Repository of the Hub, or path of a folder or GGUF file. */
  model: string
  /** Commit, branch or tag of the repository. */
  revision: string | null
  /** Names within the job's folder. */
  training_file: string
  validation_file: string | null
  epochs: number
  /** Texts per step, on all GPUs together. */
  batch_size: number
  /** Texts that one GPU holds at once at most. */
  micro_batch_size: number
  learning_rate: number
  schedule: 'cosine'
  weight_decay: number
  adam_beta2: number
  max_grad_norm: number
  /** Maximum number of tokens in a text; longer ones are cut off. Null means no limit. */
  max_length: number | null
  loss: TrainedPart
  /** Null trains all weights. */
  lora: { rank: number; alpha: number; dropout: number; targets: string } | null
  precision: Precision
  gradient_checkpointing: boolean
  /** Share weights, gradients and AdamW's sums among the GPUs (FSDP 2). */
  shard: boolean
  /** On each machine. */
  gpus: number
  seed: number
  /** Steps between two checkpoints. */
  checkpoint_every: number
}

const TRAINED_PARTS = ['text', 'completion'] as const
/** The part of a text that the loss covers: prompt and completion, as in the paper, or only the completion. */
export type TrainedPart = (typeof TRAINED_PARTS)[number]

export const PRECISIONS = ['bf16', 'fp16', 'fp32'] as const
export type Precision = (typeof PRECISIONS)[number]
