/** `config.json` as `train.py` reads it: everything that shapes a training, and nothing of where it runs. */
export interface TrainerConfig {
  /** Repository of the Hub, or path of a folder or GGUF file. */
  model: string
  /** Commit, branch or tag of the repository. */
  revision: string | null
  /** Names within the job's folder. */
  training_file: string
  validation_file: string | null
  epochs: number
  /** Texts of a step, on all GPUs together. */
  batch_size: number
  /** Texts that one GPU holds at once at most. */
  micro_batch_size: number
  learning_rate: number
  schedule: 'cosine'
  weight_decay: number
  adam_beta2: number
  max_grad_norm: number
  /** Tokens after which texts are cut off; null cuts none off. */
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

export const TRAINED_PARTS = ['text', 'completion'] as const
/** What the loss goes over: prompt and completion, as the paper had it, or the completion alone. */
export type TrainedPart = (typeof TRAINED_PARTS)[number]

export const PRECISIONS = ['bf16', 'fp16', 'fp32'] as const
export type Precision = (typeof PRECISIONS)[number]
