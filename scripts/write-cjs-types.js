/**
 * Writes the declarations for CommonJS beside those that package.json exports. With `moduleResolution: node16`, the
 * compiler refuses an ES module where CommonJS imports it, although `require()` of Node.js loads it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))
for (const { require: commonJs, types } of Object.values(exports)) {
  if (commonJs === undefined) continue
  const from = `./${basename(types, '.d.ts')}.js`
  // A shim, not a copy: the types must be the same as those of an import, and classes with private fields would not be.
  const text = `// @ts-ignore: an older compiler does not know that require() loads ES modules\nexport * from '${from}'\n`
  writeFileSync(commonJs.types, text)
}
