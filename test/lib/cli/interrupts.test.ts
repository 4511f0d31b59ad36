import { EventEmitter } from 'node:events'
import t from 'tap'
import { type Interruption, Interrupts } from '../../../lib/cli/interrupts.ts'
import { isAbortError } from '../../../lib/core/errors.ts'

class FakeProcess extends EventEmitter {
  readonly exits: number[] = []

  exit(code: number): void {
    this.exits.push(code)
  }
}

t.test('the first signal aborts, with the exit code in the reason', async (t) => {
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const source = new FakeProcess()
    using interrupts = new Interrupts(source)
    t.notOk(interrupts.signal.aborted)
    source.emit(name, name)
    t.ok(interrupts.signal.aborted)
    const reason = interrupts.signal.reason as Interruption
    t.equal(reason.exitCode, code)
    t.ok(isAbortError(reason))
    t.strictSame(source.exits, [])
  }
})

t.test('the second signal ends the process at once', async (t) => {
  const source = new FakeProcess()
  using _interrupts = new Interrupts(source)
  source.emit('SIGINT', 'SIGINT')
  source.emit('SIGTERM', 'SIGTERM')
  t.strictSame(source.exits, [143])
})

t.test('leaves no listeners behind', async (t) => {
  const source = new FakeProcess()
  new Interrupts(source)[Symbol.dispose]()
  t.strictSame(source.eventNames(), [])
})
