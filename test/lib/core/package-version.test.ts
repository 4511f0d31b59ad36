import { readFileSync } from 'node:fs'
import t from 'tap'
import { packageVersion } from '../../../lib/core/package-version.ts'

t.test('is the version of the manifest', async (t) => {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  t.equal(packageVersion(), version)
  t.equal(packageVersion(), version, 'and stays it')
})
