import { InputError } from '../../support/errors.ts'

/** Error for a model that the engine cannot run: one sentence that says why. */
export function unsupported(message: string): InputError {
  return new InputError(`${message}.`, {
    code: 'MODEL_UNSUPPORTED',
    suggestions: [
      'use a Llama, Qwen2.5, Qwen3 or GPT-2 model',
      'serve the model elsewhere and use its address',
    ],
  })
}

/** Error for a model whose files are invalid. */
export function unreadable(message: string, cause?: unknown): InputError {
  return new InputError(`${message}.`, {
    code: 'MODEL_UNREADABLE',
    suggestions: ['download the model again'],
    cause,
  })
}

/** Files that PyTorch writes; reading one may run code that it contains. */
export const PICKLE_FILE = /\.(bin|pt|pth|ckpt)$/i

/** A model, at a place, whose weights are such a file. */
export function pickled(place: string): InputError {
  return new InputError(`${place}, which can run code: convert it to safetensors first.`, {
    code: 'MODEL_UNREADABLE',
    suggestions: ['use a model from the Hub that has safetensors'],
  })
}

/** A part of a file that is missing or wrong, named by the reader of the whole. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
}
