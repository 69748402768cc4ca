import { InputError } from '../../../support/errors.ts'

/** A model on the Hugging Face Hub. */
export interface Repository {
  /** Such as `HuggingFaceTB/SmolLM2-135M`. */
  name: string
  /** Branch, tag or commit. */
  revision: string
}

export const HUB_PREFIX = 'hf:'
const PART = '[A-Za-z0-9](?:[\\w.-]*[\\w])?'
const NAME = new RegExp(`^hf:(${PART}(?:/${PART})?)(?:@([\\w./-]+))?$`)

/** The repository that `hf:ORG/NAME[@REVISION]` names. Throws InputError WRONG_REPOSITORY for anything else. */
export function parseRepository(text: string): Repository {
  const [, name, revision = 'main'] = NAME.exec(text) ?? []
  if (name !== undefined && !revision.includes('..') && !name.includes('..')) return { name, revision }
  throw new InputError(
    `${JSON.stringify(text)} is not the name of a model: use hf:ORG/NAME or hf:ORG/NAME@REVISION.`,
    {
      code: 'WRONG_REPOSITORY',
    },
  )
}

/** True for a commit rather than a branch or tag. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision)
}
