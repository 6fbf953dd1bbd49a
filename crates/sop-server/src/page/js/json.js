// JSON whose whole numbers stay exact. An id may be any unsigned 64-bit number, and a double holds 53 bits:
// larger whole numbers become BigInt on the way in and plain digits on the way out.

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARK = '\u0001whole:';

export function parse(text) {
  // Most answers have no such number; the second reading is for those that may.
  if (!/[:,[\s]-?\d{16,}/.test(text)) return JSON.parse(text);
  const marked = text.replace(TOKEN, (token) => {
    if (!/^-?\d{16,}$/.test(token) || Number.isSafeInteger(Number(token))) return token;
    return JSON.stringify(MARK + token);
  });
  return JSON.parse(marked, (_, value) =>
    typeof value === 'string' && value.startsWith(MARK) && /^-?\d+$/.test(value.slice(MARK.length))
      ? BigInt(value.slice(MARK.length))
      : value,
  );
}

export function write(value, space) {
  const text = JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? MARK + inner : inner), space);
  return text.replace(/"\\u0001whole:(-?\d+)"/g, '$1');
}
