import { InputError } from '../../support/errors.ts'
import { checkAlone } from '../check-alone.ts'
import type { LanguageModel } from '../language-model.ts'
import { UnansweredError } from '../unanswered.ts'

/** Short, so that they fit every context, and of different lengths, like real prompts. */
const WORDS = ['One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten']

/**
 * Completes and scores short texts in all lanes in parallel and then each alone. Throws ReversalError NUMBERS_DIFFER if
 * the results differ, InputError CONTEXT_TOO_SMALL if even these texts do not fit.
 */
export async function selfTest(
  model: LanguageModel,
  {
    signal,
    onProgress,
  }: {
    signal?: AbortSignal | undefined
    onProgress?: ((progress: { done: number; total: number }) => unknown) | undefined
  },
): Promise<void> {
  const prompts = WORDS.slice(0, (model.atOnce ?? 1) + 1)
  const requests = prompts.map((prompt, index) => ({
    prompt,
    targets: [` ${WORDS[(index + 1) % WORDS.length]!.toLowerCase()}`],
  }))
  const ends = signal && { signal }
  const options = { maxTokens: 3, temperature: 0 }
  // Both at a time, as an evaluation has some prompts completed while others are scored.
  const [generations, scorings] = await Promise.all([
    Array.fromAsync(model.generate(prompts, { ...options, ...ends })),
    Array.fromAsync(model.score(requests, ends)),
  ]).catch((error: unknown) => {
    throw error instanceof UnansweredError ? noRoom(error) : error
  })
  await checkAlone({
    model,
    completed: generations.map(({ index, completions }) => ({ prompt: prompts[index]!, completions })),
    scored: scorings.map(({ index, scores }) => ({ ...requests[index]!, scores })),
    options,
    suggestions: ['install another release of node-llama-cpp, or try another --device'],
    signal,
    onProgress,
  })
}

/** A context without room for a single word cannot evaluate anything. */
function noRoom({ unanswered, about: { code, hints = [] } }: UnansweredError): InputError {
  return new InputError(unanswered[0]!.reason, { code, suggestions: [...hints] })
}
