import t from 'tap'
import { MemoryOutput } from '../../../lib/outputs/memory-output.ts'
import { MemoryTier } from '../../../lib/outputs/memory-tier.ts'

function output(bytes: number): MemoryOutput {
  return new MemoryOutput(String(bytes), { rest: new Uint8Array(bytes), tables: [] })
}

/** Removes the outputs, least recently used first. */
function drain(tier: MemoryTier): string[] {
  const order: string[] = []
  for (let oldest = tier.oldest; oldest !== undefined; oldest = tier.oldest) {
    order.push(`${oldest.workflowId}/${oldest.phase}`)
    tier.delete(oldest.workflowId, oldest.phase)
  }
  return order
}

t.test('counts the bytes of its outputs', (t) => {
  const tier = new MemoryTier()
  tier.set('w', 'a', output(10))
  tier.set('w', 'b', output(5))
  t.equal(tier.bytes, 15)
  tier.set('w', 'a', output(1))
  t.equal(tier.bytes, 6, 'without the replaced output')
  tier.delete('w', 'b')
  tier.delete('w', 'b')
  tier.delete('w', 'never there')
  t.equal(tier.bytes, 1)
  t.equal(tier.get('w', 'a')?.bytes, 1)
  t.equal(tier.get('w', 'b'), undefined)
  t.end()
})

t.test('oldest is the least recently used output; storing and reading count as use', (t) => {
  const tier = new MemoryTier()
  t.equal(tier.oldest, undefined)
  for (const phase of ['a', 'b', 'c', 'd']) tier.set('w', phase, output(1))
  tier.get('w', 'a')
  tier.set('w', 'b', output(1))
  tier.get('w', 'none')
  t.equal(tier.oldest?.phase, 'c')
  t.strictSame(drain(tier), ['w/c', 'w/d', 'w/a', 'w/b'])
  t.equal(tier.bytes, 0)
  t.end()
})

t.test('does not mix workflows and phases, for any names', (t) => {
  const tier = new MemoryTier()
  tier.set('w', 'a","b', output(1))
  tier.set('w","a', 'b', output(2))
  tier.set('__proto__', '__proto__', output(3))
  t.equal(tier.get('w', 'a","b')?.bytes, 1)
  t.equal(tier.get('w","a', 'b')?.bytes, 2)
  t.strictSame(tier.phasesOf('w'), ['a","b'])
  t.strictSame(tier.phasesOf('__proto__'), ['__proto__'])
  t.strictSame(tier.phasesOf('x'), [])
  t.end()
})
