#!/usr/bin/env node
/**
 * The `spillway` command.
 */
import { writeSync } from 'node:fs'
import { inspect } from 'node:util'
import { Interrupts } from './terminal/interrupts.ts'
import { runProgram } from './program.ts'
import { RunningContainers } from './run/running-containers.ts'
import { EXIT_CODES } from './terminal/exit-codes.ts'
import { printLine, type CommandIo } from './terminal/command-io.ts'

const { stdin, stdout, stderr } = process
const interrupts = new Interrupts(process)
const running = new RunningContainers()
let hasEnded = false

// A write to a closed pipe fails through its own callback as well. Without a listener the event would end the process.
for (const stream of [stdout, stderr]) stream.on('error', () => {})

// With a listener, a write beyond the file size limit (ulimit -f) fails with EFBIG and does not end the process.
process.on('SIGXFSZ', () => {})

// A topology may call `process.exit(0)`, or wait for a promise that nothing settles. Unfinished work must not look done.
process.on('exit', (code) => {
  if (hasEnded) return
  if (code === 0) process.exitCode = EXIT_CODES.failed
  const { text } = running
  const during = text === undefined ? '' : ` while ${text} ran. Resume the run to finish it`
  writeSync(2, `spillway: the process was ended before the command was done${during}.\n`)
})

const io: CommandIo = {
  stdin,
  stdout,
  stderr,
  get signal() {
    return interrupts.signal
  },
}

runProgram(process.argv.slice(2), io).then(exit, (error: unknown) => {
  // An internal error: its stack is printed.
  printLine(io, inspect(error))
  exit(1)
})

/** Ends the process after all output is written: a stopped topology may have left timers and sockets open. */
function exit(code: number): void {
  hasEnded = true
  stdout.write('', () => stderr.write('', () => process.exit(code)))
}
