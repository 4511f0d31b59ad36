/**
 * A Snappy compressor according to format_description.txt of google/snappy: the length, then literals and copies of
 * earlier bytes. Most pages that a sink writes cannot be compressed, such as doubles with random digits. Packages in
 * JavaScript and WebAssembly copy such pages byte by byte, which is slow. So this file has its own implementation.
 */

/** Matches are searched within blocks of this size, so that an offset fits 16 bits. */
const BLOCK_BYTES = 64 * 1024

const HASH_BITS = 14

/** The last bytes of a block are not searched. A match needs four bytes, and one more word is read ahead. */
const MARGIN_BYTES = 15

/** Literals up to this length are copied byte by byte, which is cheaper than a call. */
const SHORT_LITERAL = 32

/** The last position of each hash in the block. Cleared for each block, and never used across an await. */
const table = new Uint16Array(1 << HASH_BITS)

/** The maximum compressed size of `length` bytes. */
export function maxSnappyBytes(length: number): number {
  return 32 + length + Math.floor(length / 6)
}

/** Compresses `input` into `output`, which must have room for {@link maxSnappyBytes}. Returns the compressed size. */
export function compressSnappy(input: Uint8Array, output: Uint8Array): number {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  let at = 0
  let rest = input.length
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) output[at++] = (rest & 0x7f) | 0x80
  output[at++] = rest
  for (let start = 0; start < input.length; start += BLOCK_BYTES) {
    at = compressBlock(input, view, start, Math.min(start + BLOCK_BYTES, input.length), output, at)
  }
  return at
}

function compressBlock(
  input: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  output: Uint8Array,
  outputAt: number,
): number {
  let at = outputAt
  let literalStart = start
  const limit = end - MARGIN_BYTES
  table.fill(0)
  let position = start + 1
  // Without matches, fewer positions are tried: after every 32 misses the step grows by one byte.
  let misses = 32
  while (position < limit) {
    const word = view.getUint32(position, true)
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS)
    const candidate = start + (table[slot] as number)
    table[slot] = position - start
    if (view.getUint32(candidate, true) !== word) {
      position += misses++ >>> 5
      continue
    }
    if (position > literalStart) at = emitLiteral(input, literalStart, position, output, at)
    let matchEnd = position + 4
    let source = candidate + 4
    while (matchEnd < end && input[matchEnd] === input[source]) {
      matchEnd += 1
      source += 1
    }
    at = emitCopy(position - candidate, matchEnd - position, output, at)
    if (matchEnd < limit) {
      table[Math.imul(view.getUint32(matchEnd - 1, true), 0x1e35a7bd) >>> (32 - HASH_BITS)] = matchEnd - 1 - start
    }
    position = matchEnd
    literalStart = matchEnd
    misses = 32
  }
  return literalStart < end ? emitLiteral(input, literalStart, end, output, at) : at
}

function emitLiteral(input: Uint8Array, from: number, to: number, output: Uint8Array, outputAt: number): number {
  const length = to - from
  let at = outputAt
  if (length <= 60) {
    output[at++] = (length - 1) << 2
  } else if (length <= 256) {
    output[at++] = 60 << 2
    output[at++] = length - 1
  } else {
    output[at++] = 61 << 2
    output[at++] = length - 1
    output[at++] = (length - 1) >>> 8
  }
  if (length > SHORT_LITERAL) output.set(input.subarray(from, to), at)
  else for (let index = 0; index < length; index++) output[at + index] = input[from + index] as number
  return at + length
}

/** Writes a copy. A copy element has at most 64 bytes, and its short form 4 to 11 bytes. */
function emitCopy(offset: number, length: number, output: Uint8Array, outputAt: number): number {
  let at = outputAt
  let left = length
  while (left > 0) {
    // The last copy element must have at least four bytes.
    const part = left > 64 ? Math.min(64, left - 4) : left
    if (part < 12 && offset < 2048) {
      output[at++] = 1 | ((part - 4) << 2) | ((offset >>> 8) << 5)
      output[at++] = offset
    } else {
      output[at++] = 2 | ((part - 1) << 2)
      output[at++] = offset
      output[at++] = offset >>> 8
    }
    left -= part
  }
  return at
}
