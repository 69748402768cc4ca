import { Args } from '@oclif/core'

/** The one run that a command is about. */
export const runArgument = Args.string({
  required: true,
  ignoreStdin: true,
  description: 'run ID or a unique prefix of it',
})

/** The runs that a command is about, at least one. */
export const runsArgument = Args.string({
  multiple: true,
  required: true,
  ignoreStdin: true,
  description: 'run IDs or unique prefixes',
})

/** The runs that a command is about; without any, those with the tag of `--tag`. */
export const taggedRunsArgument = Args.string({
  multiple: true,
  ignoreStdin: true,
  description: 'run IDs or unique prefixes; default: all runs with the tag',
})

/** Tags to add or remove, for `parseTags`. */
export const tagsArgument = Args.string({
  required: true,
  ignoreStdin: true,
  description: 'tag, or several separated by commas',
})
