import { qaEvaluator } from '../../evaluation/qa-evaluator.ts'
import { reverseEvaluator } from '../../evaluation/reverse-evaluator.ts'

/** The evaluators that sections of their own show, prompt by prompt; all others have one section together. */
export const WITH_OWN_SECTIONS: ReadonlySet<string> = new Set([reverseEvaluator.name, qaEvaluator.name])
