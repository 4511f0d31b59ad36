import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { type Interruption, Interrupts } from '../../../../lib/cli/terminal/interrupts.ts'
import { isAbortError } from '../../../../lib/core/errors.ts'

class FakeProcess extends EventEmitter {
  readonly exits: number[] = []

  exit(code: number): void {
    this.exits.push(code)
    this.emit('exit', code)
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

t.test('the second signal ends the process after a time limit, the third one at once', async (t) => {
  const source = new FakeProcess()
  using interrupts = new Interrupts(source, 2 ** 30)
  t.notOk(interrupts.signal.aborted)
  source.emit('SIGINT', 'SIGINT')
  source.emit('SIGINT', 'SIGINT')
  t.strictSame(source.exits, [])
  source.emit('SIGTERM', 'SIGTERM')
  t.strictSame(source.exits, [143])

  const impatient = new FakeProcess()
  using brief = new Interrupts(impatient, 1)
  t.notOk(brief.signal.aborted)
  const exited = once(impatient, 'exit')
  impatient.emit('SIGTERM', 'SIGTERM')
  impatient.emit('SIGINT', 'SIGINT')
  t.strictSame(await exited, [130])
})

t.test('listens from the first read of its signal, and removes its listeners when disposed of', async (t) => {
  const source = new FakeProcess()
  const interrupts = new Interrupts(source)
  t.strictSame(source.eventNames(), [])
  t.equal(interrupts.signal, interrupts.signal)
  t.equal(source.listenerCount('SIGINT'), 1)
  interrupts[Symbol.dispose]()
  t.strictSame(source.eventNames(), [])
})
