#!/usr/bin/env node
/**
 * The `spillway` command.
 */
import { Interrupts } from './terminal/interrupts.ts'
import { runProgram } from './program.ts'
import type { CommandIo } from './terminal/command-io.ts'

const { stdin, stdout, stderr } = process
const interrupts = new Interrupts(process)

// Whoever writes learns of a reader that has gone from the write itself; the event comes on top.
for (const stream of [stdout, stderr]) stream.on('error', () => {})

// A write beyond the limit on the size of files (ulimit -f) fails as any other, in place of ending the process.
process.on('SIGXFSZ', () => {})

const io: CommandIo = {
  stdin,
  stdout,
  stderr,
  get signal() {
    return interrupts.signal
  },
}

runProgram(process.argv.slice(2), io).then(exit, (error: unknown) => {
  // A mistake in the program itself, which deserves its stack.
  console.error(error)
  exit(1)
})

/** Ends the process when all output is out: a topology that was stopped may have left timers and sockets open. */
function exit(code: number): void {
  stdout.write('', () => stderr.write('', () => process.exit(code)))
}
