import { expect } from 'chai'
import { InputError } from '../../../src/lib/support/errors.ts'
import { asFolderName, requireFolderName } from '../../../src/lib/support/folder-name.ts'

describe('the name of a folder', () => {
  it('may have the letters and digits of any language', () => {
    for (const name of [
      'first',
      'año_2',
      'año'.normalize('NFD'),
      'Größe',
      '名前',
      'हिन्दी',
      'a.b,c+d=e@f-١',
    ]) {
      expect(() => requireFolderName(name), name).to.not.throw()
    }
  })

  it('leads nowhere else, and is not empty, blank or hidden in signs', () => {
    for (const name of [
      '',
      '.',
      '..',
      '../x',
      'a/b',
      'a\\b',
      'a b',
      'a\u202eb',
      'a\u200db',
      'a\nb',
      '😀',
      'a:b',
    ]) {
      expect(() => requireFolderName(name), name).to.throw(InputError, /use letters, digits/)
    }
  })

  it('is made of any other, and keeps the letters of all scripts', () => {
    const names = ['名前', 'año 2', 'with/the cure', 'a\u202eb'].map(asFolderName)
    expect(names).to.deep.equal(['名前', 'año_2', 'with_the_cure', 'a_b'])
    for (const name of names) expect(() => requireFolderName(name)).to.not.throw()
  })
})
