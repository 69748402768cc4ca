import { expect } from 'chai'
import type { SettingsSources } from '../../../../src/lib/tracking/wandb/settings.ts'
import { requireProject, resolveWandb, wantsWandb } from '../../../../src/lib/tracking/wandb/settings.ts'
import { failure } from '../../../helpers/failure.ts'

const KEY = 'a'.repeat(40)

const resolve = ({ env = {}, flags = {}, ...rest }: Partial<SettingsSources> = {}) =>
  resolveWandb({ env: { WANDB_API_KEY: KEY, ...env }, flags: { project: 'p', ...flags }, ...rest })

const problem = async (sources: Partial<SettingsSources>) =>
  failure((async () => resolve(sources))()).then(({ code, message }) => ({ code, message }))

describe('W&B settings', () => {
  it('takes flags before the environment before the settings files', () => {
    const files = [
      '[default]\nentity = near\n',
      '; W&B\n[default]\nproject: far\nbase_url = https://far.example/\n[other]\nproject = no',
    ]
    const from = (env: object, flags: object) => {
      const { entity, project, baseUrl } = resolveWandb({
        env: { WANDB_API_KEY: KEY, ...env },
        flags,
        files,
      })
      return [entity, project, baseUrl]
    }
    expect(from({}, {})).to.deep.equal(['near', 'far', 'https://far.example'])
    expect(from({ WANDB_PROJECT: 'env', WANDB_BASE_URL: 'http://127.0.0.1:8080' }, {})).to.deep.equal([
      'near',
      'env',
      'http://127.0.0.1:8080',
    ])
    expect(from({ WANDB_PROJECT: 'env', WANDB_ENTITY: 'env' }, { project: 'flag' })).to.deep.equal([
      'env',
      'flag',
      'https://far.example',
    ])
  })

  it('knows where people look at runs', () => {
    const page = (env: object) => resolve({ env: { ...env } }).appUrl
    expect(page({})).to.equal('https://wandb.ai')
    expect(page({ WANDB_BASE_URL: 'https://api.wandb.our.lab' })).to.equal('https://wandb.our.lab')
    expect(page({ WANDB_BASE_URL: 'https://api.lab.example' })).to.equal('https://app.lab.example')
    expect(page({ WANDB_BASE_URL: 'http://localhost:8080/' })).to.equal('http://localhost:8080')
    expect(page({ WANDB_APP_URL: 'https://pages.example/' })).to.equal('https://pages.example')
  })

  describe('finds the key in the netrc file', () => {
    const keyFrom = (netrc: string, baseUrl = 'https://api.wandb.ai') =>
      resolve({ env: { WANDB_API_KEY: undefined, WANDB_BASE_URL: baseUrl }, netrc }).key

    it('of the server and no other', () => {
      const other = 'b'.repeat(40)
      const netrc = `machine github.com\n  login password\n  password ${other}\nmachine api.wandb.ai login user password ${KEY}\n`
      expect(keyFrom(netrc)).to.equal(KEY)
    })

    it('of a server with a port, and with words in quotes', () => {
      const netrc = `# by hand\nmachine 'localhost:8080'\n  login user\n  password "${KEY}"\n`
      expect(keyFrom(netrc, 'http://localhost:8080')).to.equal(KEY)
    })

    it('but takes the one of the environment first', () => {
      const netrc = `machine api.wandb.ai login user password ${'b'.repeat(40)}`
      expect(resolve({ netrc }).key).to.equal(KEY)
    })
  })

  it('leaves out the space and line break around a key, as files of keys have them', () => {
    expect(resolve({ env: { WANDB_API_KEY: ` ${KEY}\r\n` } }).key).to.equal(KEY)
  })

  it('takes keys with a prefix and JSON Web Tokens', () => {
    for (const key of [`local-${KEY}`, `wandb_v1_${KEY}${KEY}`, 'aaa.bb_b.c-c']) {
      expect(resolve({ env: { WANDB_API_KEY: key } }).key).to.equal(key)
    }
  })

  describe('refuses, without telling the key,', () => {
    it('no key', async () => {
      expect(await problem({ env: { WANDB_API_KEY: '' } })).to.deep.equal({
        code: 'WANDB_NO_KEY',
        message: 'There is no Weights & Biases API key for api.wandb.ai: set WANDB_API_KEY.',
      })
    })

    it('an invalid key', async () => {
      for (const key of ['short-secret', `${KEY} and more`, 'sk-proj-äöü']) {
        const { code, message } = await problem({ env: { WANDB_API_KEY: key } })
        expect(code).to.equal('WANDB_BAD_KEY')
        expect(message)
          .to.match(/^WANDB_API_KEY is not a/)
          .and.not.include(key)
      }
      const netrc = 'machine api.wandb.ai login user password oops'
      const { message } = await problem({ env: { WANDB_API_KEY: undefined }, netrc })
      expect(message)
        .to.match(/^The entry of api\.wandb\.ai in the netrc file/)
        .and.not.include('oops')
    })

    it('no project', async () => {
      const settings = resolve({ flags: { project: '' } })
      expect((await failure((async () => requireProject(settings))())).message).to.equal(
        'The Weights & Biases project is missing: use --wandb-project NAME.',
      )
      expect(requireProject(resolve())).to.equal('p')
    })

    it('addresses that are none, or those of the pages', async () => {
      for (const url of ['wandb.example', 'ftp://x.example', 'https://wandb.ai', 'http://api.wandb.ai']) {
        expect((await problem({ env: { WANDB_BASE_URL: url } })).code).to.equal('WANDB_BAD_URL')
      }
    })

    it('an address with a password, which it does not repeat', async () => {
      const { code, message } = await problem({ env: { WANDB_BASE_URL: 'https://me:hush@wandb.lab/' } })
      expect(code).to.equal('WANDB_BAD_URL')
      expect(message).to.equal(
        'The address of wandb.lab holds a user name or password: keys belong in WANDB_API_KEY.',
      )
    })

    it('an address that is none and holds a password, which it does not repeat', async () => {
      for (const url of ['me:hush@wandb.lab', 'ftp//me:hush@wandb.lab', 'wandb.lab?key=hush']) {
        const { code, message } = await problem({ env: { WANDB_BASE_URL: url } })
        expect(code).to.equal('WANDB_BAD_URL')
        expect(message).to.not.include('hush')
      }
    })

    it('an identity token', async () => {
      const { message } = await problem({ env: { WANDB_IDENTITY_TOKEN_FILE: '/token' } })
      expect(message).to.match(/set WANDB_API_KEY/)
    })

    it('to work where the environment forbids it', async () => {
      for (const env of [{ NO_WANDB: '1' }, { WANDB_MODE: 'disabled' }]) {
        expect((await problem({ env })).code).to.equal('WANDB_CONFLICT')
      }
    })
  })

  describe('are wanted', () => {
    it('where they are asked for, or an entity or project is named', () => {
      expect(wantsWandb({ env: {}, flags: { use: true } })).to.equal(true)
      expect(wantsWandb({ env: {}, flags: { entity: 'e' } })).to.equal(true)
      expect(wantsWandb({ env: {}, flags: { project: 'p' } })).to.equal(true)
      expect(wantsWandb({ env: { WANDB_PROJECT: 'p', WANDB_API_KEY: KEY }, flags: {} })).to.equal(false)
    })

    it('not where flag or environment forbid it', () => {
      expect(wantsWandb({ env: {}, flags: { project: 'p', none: true } })).to.equal(false)
      expect(wantsWandb({ env: { NO_WANDB: '1' }, flags: { project: 'p' } })).to.equal(false)
      expect(wantsWandb({ env: { WANDB_MODE: 'disabled' }, flags: { project: 'p' } })).to.equal(false)
    })

    it('in no way that contradicts itself', async () => {
      for (const [env, silence] of [
        [{ NO_WANDB: '1' }, 'NO_WANDB'],
        [{ WANDB_MODE: 'disabled' }, 'WANDB_MODE=disabled'],
      ] as const) {
        const { message, exit } = await failure((async () => wantsWandb({ env, flags: { use: true } }))())
        expect(message).to.equal(`--use-wandb and ${silence} contradict each other.`)
        expect(exit).to.equal(2)
      }
    })
  })
})
