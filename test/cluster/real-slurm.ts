import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { eventually } from '../helpers/eventually.ts'
import type { LonelyNetwork } from './lonely-network.ts'
import { endProcess } from './real-cluster.ts'

const INSTALLED = fileURLToPath(new URL('../../build/slurm', import.meta.url))
const COMMANDS = ['sbatch', 'squeue', 'sacct', 'scancel', 'sinfo', 'srun', 'scontrol']

/** Where Debian's Slurm was unpacked: the folder that SLURM_ROOT names, or that `scripts/install-slurm.ts` made. */
export function slurmRoot(): string | undefined {
  const root = process.env.SLURM_ROOT || INSTALLED
  return existsSync(join(root, 'usr/sbin/slurmctld-wlm')) ? root : undefined
}

/** A real Slurm of one machine with two processors and two partitions, without accounting, in a network of its own. */
export class RealSlurm {
  readonly #options: { network: LonelyNetwork; root: string; folder: string }
  readonly #daemons: ChildProcess[] = []

  constructor(options: { network: LonelyNetwork; root: string; folder: string }) {
    this.#options = options
  }

  /** Folder of its commands. */
  get bin(): string {
    return join(this.#options.folder, 'bin')
  }

  async start(): Promise<void> {
    const { root, folder } = this.#options
    for (const name of ['bin', 'state', 'spool', 'run', 'log'])
      await mkdir(join(folder, name), { recursive: true })
    await chmod(join(folder, 'run'), 0o755)
    const libraries = join(
      root,
      'usr/lib',
      (await readdir(join(root, 'usr/lib'))).find((name) => name.endsWith('-linux-gnu'))!,
    )
    const environment = {
      LD_LIBRARY_PATH: `${libraries}:${join(libraries, 'slurm-wlm')}`,
      SLURM_CONF: join(folder, 'slurm.conf'),
    }
    const key = join(folder, 'munge.key')
    await writeFile(key, randomBytes(1024), { mode: 0o600 })
    await writeFile(environment.SLURM_CONF, configuration(folder, join(libraries, 'slurm-wlm')))
    for (const name of COMMANDS) {
      const exports = Object.entries(environment).map(([variable, value]) => `export ${variable}='${value}'`)
      const script = ['#!/bin/sh', ...exports, `exec '${join(root, 'usr/bin', name)}' "$@"`, ''].join('\n')
      await writeFile(join(this.bin, name), script, { mode: 0o755 })
    }
    const daemon = (name: string) => join(root, 'usr/sbin', name)
    const run = join(folder, 'run')
    const munge = [`--key-file=${key}`, `--socket=${run}/munge.sock`, `--pid-file=${run}/munged.pid`]
    const more = [`--seed-file=${run}/seed`, `--log-file=${folder}/log/munged.log`, '--force', '-F']
    this.#spawn([daemon('munged'), ...munge, ...more], environment)
    await eventually('munge', () => existsSync(join(run, 'munge.sock')))
    this.#spawn([daemon('slurmctld-wlm'), '-D'], environment)
    this.#spawn([daemon('slurmd-wlm'), '-D', '-d', daemon('slurmstepd-wlm')], environment)
    await eventually('a machine that is idle', async () =>
      (await this.ask('sinfo', '-h', '-o', '%T')).includes('idle'),
    )
  }

  /** What one of its commands prints. */
  async ask(name: string, ...argv: string[]): Promise<string> {
    const [program, args] = this.#options.network.inside([join(this.bin, name), ...argv])
    const env = { ...process.env, PATH: `${this.bin}:${process.env.PATH}`, HF_HUB_OFFLINE: '1' }
    return promisify(execFile)(program, args, { env }).then(
      ({ stdout }) => stdout,
      () => '',
    )
  }

  /** Jobs that still run would outlive their daemons. */
  async stop(): Promise<void> {
    await this.ask('scancel', '-p', 'main')
    const isIdle = async () => (await this.ask('squeue', '-h', '-o', '%i')) === ''
    await eventually('the end of all jobs', isIdle).catch(() => {})
    for (const daemon of this.#daemons.toReversed()) await endProcess(daemon)
  }

  #spawn(argv: string[], environment: NodeJS.Dict<string>): void {
    const [program, args] = this.#options.network.inside(argv, { disk: true })
    this.#daemons.push(spawn(program, args, { env: { ...process.env, ...environment }, stdio: 'ignore' }))
  }
}

function configuration(folder: string, plugins: string): string {
  const host = hostname().split('.')[0]!
  return `${[
    'ClusterName=test',
    `SlurmctldHost=${host}(127.0.0.1)`,
    ...['SlurmUser=root', 'SlurmdUser=root', 'AuthType=auth/munge', 'CredType=cred/munge'],
    `AuthInfo=socket=${folder}/run/munge.sock`,
    `PluginDir=${plugins}`,
    ...[
      'ProctrackType=proctrack/linuxproc',
      'TaskPlugin=task/none',
      'SwitchType=switch/none',
      'MpiDefault=none',
    ],
    ...['JobAcctGatherType=jobacct_gather/none', 'AccountingStorageType=accounting_storage/none'],
    ...['SelectType=select/cons_tres', 'SelectTypeParameters=CR_Core', 'ReturnToService=2'],
    // Forgets a job ten seconds after its end.
    ...['SchedulerParameters=sched_interval=1', 'MinJobAge=10'],
    ...[`StateSaveLocation=${folder}/state`, `SlurmdSpoolDir=${folder}/spool`],
    ...[`SlurmctldPidFile=${folder}/run/slurmctld.pid`, `SlurmdPidFile=${folder}/run/slurmd.pid`],
    ...[`SlurmctldLogFile=${folder}/log/slurmctld.log`, `SlurmdLogFile=${folder}/log/slurmd.log`],
    `NodeName=${host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000`,
    `PartitionName=main Nodes=${host} Default=YES State=UP`,
  ].join('\n')}\n`
}
