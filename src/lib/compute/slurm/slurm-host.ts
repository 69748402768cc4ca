import { InputError } from '../../support/errors.ts'

/** A host as ssh takes it, `[USER@]HOST` or a name of its configuration. Throws InputError BAD_SLURM_HOST. */
export function parseSlurmHost(given: string | undefined): string | undefined {
  if (given === undefined || /^[\w][\w.@:-]*$/.test(given)) return given
  throw new InputError(`--slurm-host needs a host for ssh, such as me@login.example.org.`, {
    code: 'BAD_SLURM_HOST',
  })
}
