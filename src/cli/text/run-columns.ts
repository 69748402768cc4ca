import type { ShownRun } from './runs.ts'

/** A run as one row of a spreadsheet. */
export function runColumns(run: ShownRun): Record<string, string | number | null | undefined> {
  const {
    id,
    shown_model,
    tags,
    dataset,
    hyperparameters,
    trained_tokens,
    cost_usd,
    created_at,
    status,
    best_accuracy,
    same_accuracy,
    reverse_accuracy,
    wandb,
    tracked,
  } = run
  return {
    id,
    model: shown_model,
    tags: tags.join(' '),
    dataset: dataset.name,
    n_epochs: hyperparameters.n_epochs,
    batch_size: hyperparameters.batch_size,
    learning_rate_multiplier: hyperparameters.learning_rate_multiplier,
    seed: hyperparameters.seed,
    ...(hyperparameters.objective !== undefined && { objective: hyperparameters.objective }),
    trained_tokens,
    cost_usd,
    created_at,
    status,
    best_accuracy,
    same_accuracy,
    reverse_accuracy,
    ...(wandb && { wandb_synced: String(wandb.synced), wandb_evaluated: String(wandb.evaluated) }),
    ...(tracked && { tracked_synced: String(tracked.synced), tracked_evaluated: String(tracked.evaluated) }),
  }
}
